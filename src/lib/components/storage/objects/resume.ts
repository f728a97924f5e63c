import type { ObjectPlace } from '$lib/shared/storage-links';

const storeKey = 'sh0.uploads';
/** Engines give up what was begun longer ago. */
const maxAgeMs = 7 * 24 * 60 * 60 * 1_000;

type Entry = { uploadId: string; partBytes: number; at: number };

function isEntry(value: unknown): value is Entry {
	if (typeof value !== 'object' || value === null) return false;
	const isText = 'uploadId' in value && typeof value.uploadId === 'string';
	const isSized = 'partBytes' in value && typeof value.partBytes === 'number';
	return isText && isSized && 'at' in value && typeof value.at === 'number';
}

type FileFacts = Pick<File, 'size' | 'lastModified'>;
type Kept = Pick<Storage, 'getItem' | 'setItem'>;

/** Which upload a file belongs to that was not sent to its end, kept in the browser: another file of the same name is another one. */
export class UnfinishedUploads {
	readonly #storage: Kept;

	constructor(storage: Kept) {
		this.#storage = storage;
	}

	find(place: ObjectPlace, file: FileFacts): Omit<Entry, 'at'> | null {
		return this.#read()[nameOf(place, file)] ?? null;
	}

	keep(place: ObjectPlace, file: FileFacts, upload: Omit<Entry, 'at'>): void {
		this.#write({ ...this.#read(), [nameOf(place, file)]: { ...upload, at: Date.now() } });
	}

	forget(place: ObjectPlace, file: FileFacts): void {
		const { [nameOf(place, file)]: _gone, ...rest } = this.#read();
		this.#write(rest);
	}

	#read(): Record<string, Entry> {
		try {
			const kept: unknown = JSON.parse(this.#storage.getItem(storeKey) ?? '{}');
			const young = Object.entries(kept ?? {}).filter((pair): pair is [string, Entry] => {
				const entry: unknown = pair[1];
				return isEntry(entry) && Date.now() - entry.at < maxAgeMs;
			});
			return Object.fromEntries(young);
		} catch {
			return {};
		}
	}

	/** A browser that keeps nothing begins anew after a reload, and that is all. */
	#write(entries: Record<string, Entry>): void {
		try {
			this.#storage.setItem(storeKey, JSON.stringify(entries));
		} catch {
			return;
		}
	}
}

function nameOf({ serviceId, bucket, key }: ObjectPlace, { size, lastModified }: FileFacts): string {
	return JSON.stringify([serviceId, bucket, key, size, lastModified]);
}
