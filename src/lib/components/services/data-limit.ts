import { MAX_DATA_LIMIT_BYTES, MIN_DATA_LIMIT_BYTES } from '$lib/shared/data-limit';

/** Whether a size may be a server's data limit; null is none, undefined what is no size. */
export function isDataLimit(bytes: number | null | undefined): bytes is number | null {
	if (bytes === undefined) return false;
	return bytes === null || (bytes >= MIN_DATA_LIMIT_BYTES && bytes <= MAX_DATA_LIMIT_BYTES);
}
