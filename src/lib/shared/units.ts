export const KIB = 1024;
export const MIB = 1024 * KIB;
export const GIB = 1024 * MIB;

/** Memory sizes offered when a service is made or resized, in bytes, smallest first. */
export const memoryPresetsBytes = [
	256 * MIB,
	512 * MIB,
	1 * GIB,
	2 * GIB,
	4 * GIB,
	8 * GIB,
	16 * GIB,
] as const;
