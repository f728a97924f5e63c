const longest = 60;

/** True for what a table's cell shows only the beginning of. */
export function isLong(text: string): boolean {
	return text.length > longest || text.includes('\n');
}
