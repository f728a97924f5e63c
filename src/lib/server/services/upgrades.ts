import type { Images, NewerImage } from '../images';
import type { Logger } from '../log';
import type { ServiceRow } from './repository';

/** What a registry or a mirror said is good for so long. */
const TTL_MS = 6 * 60 * 60_000;
/** A panel that has just started has other things to do. */
const QUIET_MS = 60_000;

export type UpgradesDeps = { images: Pick<Images, 'findNewer'>; log: Logger; quietMs?: number };

export type Upgrade = { isAvailable: boolean; reason: NewerImage['reason'] | null; checkedAt: Date };

type Wanted = Pick<ServiceRow, 'engine' | 'version' | 'imageDigest'>;

/** Whether services could have newer images. Asked in the background, one image at a time, when somebody looks at a service. */
export class Upgrades {
	readonly #deps: UpgradesDeps;
	readonly #known = new Map<string, Upgrade>();
	readonly #waiting = new Map<string, Wanted>();
	#asking: Promise<void> | null = null;
	#stopping: AbortController | null = null;
	#beganMs = 0;

	constructor(deps: UpgradesDeps) {
		this.#deps = deps;
	}

	/** From now on questions are asked; before, everything is unknown. */
	start(): void {
		this.#stopping = new AbortController();
		this.#beganMs = Date.now();
	}

	async stop(): Promise<void> {
		this.#stopping?.abort(new Error('the panel is stopping'));
		this.#waiting.clear();
		await this.#asking;
	}

	/** What was last heard, null when nothing was; what is not known or old is asked meanwhile. */
	find(service: Wanted): Upgrade | null {
		if (service.imageDigest === null) return null;
		const key = keyOf(service);
		const known = this.#known.get(key) ?? null;
		if (known === null || Date.now() - known.checkedAt.getTime() > TTL_MS) this.#ask(key, service);
		return known;
	}

	/** Resolves when nothing is being asked. */
	async settled(): Promise<void> {
		await this.#asking;
	}

	#ask(key: string, { engine, version, imageDigest }: Wanted): void {
		const signal = this.#stopping?.signal;
		const isQuiet = Date.now() - this.#beganMs < (this.#deps.quietMs ?? QUIET_MS);
		if (!signal || signal.aborted || isQuiet) return;
		this.#waiting.set(key, { engine, version, imageDigest });
		this.#asking ??= this.#askAll(signal).finally(() => {
			this.#asking = null;
		});
	}

	async #askAll(signal: AbortSignal): Promise<void> {
		for (const [key, { engine, version, imageDigest }] of this.#waiting) {
			const checkedAt = new Date();
			let newer: NewerImage | null = null;
			try {
				newer = await this.#deps.images.findNewer({ engine, version, digest: imageDigest }, signal);
			} catch (error) {
				// Nobody can tell now: asked again when this answer is old.
				this.#deps.log.debug('no word of a newer image', { engine, version, error });
			}
			if (!signal.aborted) {
				this.#known.set(key, { isAvailable: newer !== null, reason: newer?.reason ?? null, checkedAt });
			}
			this.#waiting.delete(key);
		}
	}
}

const keyOf = ({ engine, version, imageDigest }: Wanted) => `${engine} ${version} ${imageDigest}`;
