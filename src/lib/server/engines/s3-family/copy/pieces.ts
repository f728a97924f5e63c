/** What a checksum of S3 tells: the MD5 of the bytes, the number of parts it was uploaded in, or nothing. */
type EtagFacts = { md5: string | null; parts: number | null };

const MIB = 1024 * 1024;
/** S3 takes no larger object in one piece. */
export const MAX_SINGLE_BYTES = 5 * 1024 * MIB;
/** S3 takes no smaller part but the last. */
export const MIN_PART_BYTES = 5 * MIB;
const BIG_PART_BYTES = 64 * MIB;

export function readEtag(etag: string): EtagFacts {
	const text = etag.replaceAll('"', '').toLowerCase();
	if (/^[0-9a-f]{32}$/.test(text)) return { md5: text, parts: null };
	const parts = Number(/^[0-9a-f]{32}-(\d{1,5})$/.exec(text)?.[1] ?? NaN);
	return { md5: null, parts: Number.isNaN(parts) ? null : parts };
}

type Compared = { sizeBytes: number; etag: string };
/** `unknown`: the same size, and checksums of two kinds. */
export type Comparison = 'missing' | 'same' | 'different' | 'unknown';

/** Compares an object with what the target has under the same key, by size and checksum. */
export function compareObjects(source: Compared, target: Compared | null): Comparison {
	if (target === null) return 'missing';
	if (source.sizeBytes !== target.sizeBytes) return 'different';
	const [one, other] = [source, target].map(({ etag }) => etag.replaceAll('"', '').toLowerCase());
	if (one === other && one !== '') return 'same';
	const areMd5 = [source, target].every(({ etag }) => readEtag(etag).md5 !== null);
	return areMd5 ? 'different' : 'unknown';
}

type Dated = { changedAt: Date | null };

/** True when the target's object was written after the source's, so that a copy would undo what somebody did there. */
export function isNewer(target: Dated, source: Dated): boolean {
	return target.changedAt !== null && source.changedAt !== null && target.changedAt > source.changedAt;
}

/** A stretch of an object; both ends are part of it. */
export type Range = { first: number; last: number };

/** The stretches of an object in parts of that size. */
export function rangesOf(sizeBytes: number, partBytes: number): Range[] {
	return Array.from({ length: Math.max(1, Math.ceil(sizeBytes / partBytes)) }, (_, index) => ({
		first: index * partBytes,
		last: Math.min(sizeBytes, (index + 1) * partBytes) - 1,
	}));
}

/**
 * How large the parts of an object are when its own cannot be read one by one: of the same number, if that may be, in the smallest whole
 * number of MiB that makes so many, as clients choose it.
 */
export function partSize(sizeBytes: number, parts: number | null): number {
	const most = Math.max(BIG_PART_BYTES, Math.ceil(sizeBytes / 10_000 / MIB) * MIB);
	if (parts === null) return most;
	const size = Math.ceil(sizeBytes / parts / MIB) * MIB;
	return size >= MIN_PART_BYTES && Math.ceil(sizeBytes / size) === parts ? size : most;
}
