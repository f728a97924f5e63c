/** The user and group of the servers in the official images and in ours. */
export const SERVER_UID = 999;

/** What an entrypoint needs to prepare the data folder and step down from root; the server itself has none of them. */
export const ENTRYPOINT_CAPABILITIES = ['CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'SETGID', 'SETUID'];

/** Mount options of a `/tmp` in memory that everybody in the container may write to. */
export function tmpOptions(sizeMib: number): string {
	return `rw,nosuid,nodev,noexec,size=${sizeMib}m,mode=1777`;
}

/** The value, or the nearest one between `low` and `high`. */
export function clamp(value: number, low: number, high: number): number {
	return Math.min(high, Math.max(low, value));
}
