/** Which of many rows are drawn, and how much room stands for the others; all in pixels. */
export type Slice = { start: number; end: number; before: number; after: number };

/** `tops[i]` is where row i begins; the last entry is the whole height. */
export function topsOf(heights: readonly number[]): number[] {
	const tops = [0];
	let sum = 0;
	for (const height of heights) tops.push((sum += height));
	return tops;
}

/** The rows between `scrollTop` and `scrollTop + viewHeight`, with a margin of `overscan` rows on each side. */
export function sliceOf(
	tops: readonly number[],
	scrollTop: number,
	viewHeight: number,
	overscan = 12,
): Slice {
	const count = tops.length - 1;
	const total = tops[count] ?? 0;
	const start = Math.max(0, rowAt(tops, scrollTop) - overscan);
	const end = Math.min(count, rowAt(tops, scrollTop + viewHeight) + 1 + overscan);
	return { start, end, before: tops[start] ?? 0, after: Math.max(0, total - (tops[end] ?? total)) };
}

/** The index of the row that covers `at`: a binary search, because a log has thousands of rows. */
function rowAt(tops: readonly number[], at: number): number {
	let low = 0;
	let high = Math.max(0, tops.length - 2);
	while (low < high) {
		const middle = (low + high + 1) >> 1;
		if ((tops[middle] ?? 0) <= at) low = middle;
		else high = middle - 1;
	}
	return low;
}

/** Lines on screen that `text` takes in a monospace column of `columns` characters. */
export function wrappedLines(text: string, columns: number): number {
	return Math.max(1, Math.ceil(text.length / Math.max(1, columns)));
}
