import type { Secret } from '../../secret';
import type { AccessLevel, StorageAccess } from '../storage';
import { oneAtATime } from '../turns';
import { newKey } from './key-material';

export type AccessRequest = { bucket: string; level: AccessLevel; lifetimeMs: number };

/** What an engine does for `OwnKeys`. */
export type OwnKeyMaker = {
	endpoint: string;
	region: string;
	/** Makes a key with no more rights than these that ends by itself, or is swept away. */
	make(key: {
		id: string;
		secret: Secret;
		bucket: string;
		level: AccessLevel;
		expiresAt: Date;
	}): Promise<void>;
	/** Removes those of ours that have ended. */
	sweep(): Promise<void>;
};

const SWEEP_EVERY_MS = 60 * 60_000;

/**
 * The keys that sh0 makes for itself: one for each bucket, level and lifetime, shared until half of it has passed. They end by themselves
 * and are swept away later, so that neither a crash nor the end of the panel leaves one that works for long.
 */
export class OwnKeys {
	readonly #maker: OwnKeyMaker;
	readonly #kept = new Map<string, StorageAccess>();
	readonly #inTurn = oneAtATime();
	#sweptAt = -Infinity;

	constructor(maker: OwnKeyMaker) {
		this.#maker = maker;
	}

	access(request: AccessRequest): Promise<StorageAccess> {
		return this.#inTurn(async () => {
			const place = `${request.bucket} ${request.level} ${request.lifetimeMs}`;
			const kept = this.#kept.get(place);
			if (kept && kept.expiresAt.getTime() - Date.now() >= request.lifetimeMs) return kept;
			await this.#sweep();
			const made = await this.#make(request);
			this.#kept.set(place, made);
			return made;
		});
	}

	/** Forgets those of a bucket that is gone. */
	forget(bucket: string): void {
		for (const place of this.#kept.keys()) if (place.startsWith(`${bucket} `)) this.#kept.delete(place);
	}

	async #make({ bucket, level, lifetimeMs }: AccessRequest): Promise<StorageAccess> {
		const { endpoint, region } = this.#maker;
		const { id, secret } = newKey({ isOwn: true });
		const expiresAt = new Date(Date.now() + 2 * lifetimeMs);
		await this.#maker.make({ id, secret, bucket, level, expiresAt });
		return { endpoint, region, accessKeyId: id, secretAccessKey: secret, expiresAt };
	}

	async #sweep(): Promise<void> {
		if (Date.now() - this.#sweptAt < SWEEP_EVERY_MS) return;
		this.#sweptAt = Date.now();
		for (const [place, kept] of this.#kept) if (kept.expiresAt <= new Date()) this.#kept.delete(place);
		await this.#maker.sweep();
	}
}
