/** The longest text of a cell, in UTF-16 units. */
export const MAX_CELL_LENGTH = 1_000;

/** Text of at most this length: a longer one is cut, not between the halves of a pair, and ends in `…`. */
export function cutText(text: string, length = MAX_CELL_LENGTH): string {
	if (text.length <= length) return text;
	const end = /[\uD800-\uDBFF]/.test(text.charAt(length - 2)) ? length - 2 : length - 1;
	return `${text.slice(0, end)}…`;
}
