import { GIB } from './units';

/** The least that a storage server may be limited to. */
export const MIN_DATA_LIMIT_BYTES = GIB;
export const MAX_DATA_LIMIT_BYTES = 1_048_576 * GIB;

/** From this share on somebody should make room or raise the limit. */
const NEARLY_FULL = 0.8;
/** Writing has ended: what is left takes no file of usual size. */
const FULL = 0.99;

/** How near the data of a storage server are to their limit; null without a limit or a count. */
export function dataLimitState({
	sizeBytes,
	dataLimitBytes,
}: {
	sizeBytes: number | null;
	dataLimitBytes: number | null;
}): 'fine' | 'nearlyFull' | 'full' | null {
	if (sizeBytes === null || dataLimitBytes === null) return null;
	const share = sizeBytes / dataLimitBytes;
	if (share >= FULL) return 'full';
	return share >= NEARLY_FULL ? 'nearlyFull' : 'fine';
}
