import type { Images, NewerImage } from '../images';
import type { Logger } from '../log';
import { inTime } from './concurrency';
import type { ServiceRow } from './repository';

/** What a registry or a mirror said is good for so long. */
const TTL_MS = 6 * 60 * 60_000;
/** One that did not answer is asked again after so long. */
const SILENT_MS = 5 * 60_000;

/** How long whoever asks waits: several images are asked for one after another, and each may take minutes. */
const WAIT_MS = 10_000;

/** `waitMs`: default 10 s. */
export type UpgradesDeps = { images: Pick<Images, 'findNewer'>; log: Logger; waitMs?: number };

export type Upgrade = { isAvailable: boolean; reason: NewerImage['reason'] | null; checkedAt: Date };

type Wanted = Pick<ServiceRow, 'engine' | 'version' | 'imageDigest'>;

/** `upgrade` is null when nobody could tell. */
type Answer = { upgrade: Upgrade | null; askedMs: number };

/**
 * Whether services could have newer images. Asking takes seconds and may start a container, so it is done for those only who may upgrade,
 * when they ask, and one image at a time; what was heard everybody may know.
 */
export class Upgrades {
	readonly #deps: UpgradesDeps;
	readonly #known = new Map<string, Answer>();
	readonly #asking = new Map<string, Promise<Upgrade | null>>();
	readonly #stopping = new AbortController();
	#last: Promise<unknown> = Promise.resolve();

	constructor(deps: UpgradesDeps) {
		this.#deps = deps;
	}

	async stop(): Promise<void> {
		this.#stopping.abort(new Error('the panel is stopping'));
		await this.#last;
	}

	/** What was last heard; null when nothing was. Asks nobody. */
	known(service: Wanted): Upgrade | null {
		return this.#known.get(keyOf(service))?.upgrade ?? null;
	}

	/**
	 * Asks, unless it is known; null when nobody can tell, or not soon: then the answer is there for who asks again. Callers at the same
	 * time share one question. Never throws.
	 */
	find(service: Wanted): Promise<Upgrade | null> {
		return inTime(this.#find(service), this.#deps.waitMs ?? WAIT_MS);
	}

	#find(service: Wanted): Promise<Upgrade | null> {
		const key = keyOf(service);
		const answer = this.#known.get(key);
		const isFresh = answer && Date.now() - answer.askedMs < (answer.upgrade ? TTL_MS : SILENT_MS);
		if (isFresh || service.imageDigest === null) return Promise.resolve(answer?.upgrade ?? null);
		const running = this.#asking.get(key);
		if (running) return running;
		const asking = this.#last.then(() => this.#ask(key, service)).finally(() => this.#asking.delete(key));
		this.#asking.set(key, asking);
		this.#last = asking;
		return asking;
	}

	async #ask(key: string, { engine, version, imageDigest }: Wanted): Promise<Upgrade | null> {
		const { signal } = this.#stopping;
		if (signal.aborted) return null;
		const askedMs = Date.now();
		const upgrade = await this.#deps.images
			.findNewer({ engine, version, digest: imageDigest }, signal)
			.then((newer) => ({
				...{ isAvailable: newer !== null, reason: newer?.reason ?? null },
				checkedAt: new Date(askedMs),
			}))
			.catch((error: unknown) => {
				this.#deps.log.debug('no word of a newer image', { engine, version, error });
				return null;
			});
		if (!signal.aborted) this.#known.set(key, { upgrade, askedMs });
		return upgrade;
	}
}

const keyOf = ({ engine, version, imageDigest }: Wanted) => `${engine} ${version} ${imageDigest}`;
