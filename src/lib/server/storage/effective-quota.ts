import type { BucketQuota, BucketSize } from '../engines/storage';

/** After so long the engine is told again what it was told, in case its data are others now. */
const SURE_FOR_MS = 60 * 60_000;

/** What all buckets of a server hold together, and may hold. */
export type Measured = { limitBytes: number | null; usedBytes: number };

/**
 * What the engine is to keep a bucket to: its own quota, and no more than it holds and all buckets together have left; once that is nothing,
 * less than it holds. Never less than a byte, since engines take 0 for no limit. Null: no limit at all.
 */
export function effectiveBytes(
	{ limitBytes, usedBytes }: Measured,
	bucket: { sizeBytes: number | null; maxBytes: number | null },
): number | null {
	if (limitBytes === null) return bucket.maxBytes;
	const roomBytes = limitBytes - usedBytes;
	// There are engines that shut a bucket only once it holds more than its quota.
	const shareBytes = (bucket.sizeBytes ?? 0) + (roomBytes > 0 ? roomBytes : -1);
	return Math.max(1, Math.min(bucket.maxBytes ?? Infinity, shareBytes));
}

/** By how much what an engine was told may be off before it is told anew: the less is left, the less. */
export function toleranceBytes({ limitBytes, usedBytes }: Measured): number {
	if (limitBytes === null) return 0;
	return Math.max(limitBytes / 1_000, (limitBytes - usedBytes) / 20);
}

/** What an engine was told of a bucket, and when; what the bucket held then, and the server's limit. */
export type Told = {
	maxBytes: number | null;
	atMs: number;
	sizeBytes: number | null;
	limitBytes: number | null;
};

function isNear(told: number | null, wanted: number | null, tolerance: number): boolean {
	if (told === null || wanted === null) return told === wanted;
	return Math.abs(told - wanted) <= tolerance;
}

export type ToTell = { found: BucketSize; quota: BucketQuota; measured: Measured };

/** True when what an engine was told under this limit will do: lately, and near enough. A bucket's own quota holds to the byte. */
export function isSettled(last: Told, { found, quota, measured }: ToTell): boolean {
	const wanted = effectiveBytes(measured, { sizeBytes: found.sizeBytes, maxBytes: quota.maxBytes });
	const tolerance = wanted === quota.maxBytes ? 0 : toleranceBytes(measured);
	return Date.now() - last.atMs < SURE_FOR_MS && isNear(last.maxBytes, wanted, tolerance);
}
