import { randomBytes } from 'node:crypto';
import { closeSync, existsSync, fsyncSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { MIB } from '$lib/shared/units';

export const BALLAST_BYTES = 16 * MIB;

/**
 * A file that only takes up room. On a full disk even a DELETE fails, since it needs space in the WAL; letting the ballast go gives
 * that space, so that people can clean up from the panel. It is made again as soon as twice its size is free.
 */
export class Ballast {
	readonly #file: string;
	readonly #sizeBytes: number;
	readonly #retryMs: number;
	#nextTryAt = 0;
	#isPresent: boolean;

	/** `retryMs`: how long to wait between two looks at the free space. Throws nothing when there is no room for the file. */
	constructor(file: string, options: { sizeBytes?: number; retryMs?: number } = {}) {
		this.#file = file;
		this.#sizeBytes = options.sizeBytes ?? BALLAST_BYTES;
		this.#retryMs = options.retryMs ?? 10_000;
		this.#isPresent = existsSync(file);
		this.restore();
	}

	release(): void {
		if (!this.#isPresent) return;
		rmSync(this.#file, { force: true });
		this.#isPresent = false;
		this.#nextTryAt = Date.now() + this.#retryMs;
	}

	/** Makes the file again when it is missing and there is room; cheap to call after every write. */
	restore(): void {
		if (this.#isPresent || Date.now() < this.#nextTryAt) return;
		this.#nextTryAt = Date.now() + this.#retryMs;
		const { bavail, bsize } = statfsSync(dirname(this.#file));
		if (bavail * bsize < 2 * this.#sizeBytes) return;
		this.#isPresent = this.#fill();
	}

	#fill(): boolean {
		// Random bytes: a file system that compresses would store zeros in no space at all.
		const chunk = randomBytes(Math.min(MIB, this.#sizeBytes));
		try {
			const handle = openSync(this.#file, 'w', 0o600);
			try {
				for (let written = 0; written < this.#sizeBytes; written += chunk.length) writeSync(handle, chunk);
				fsyncSync(handle);
			} finally {
				closeSync(handle);
			}
			return true;
		} catch {
			rmSync(this.#file, { force: true });
			return false;
		}
	}
}
