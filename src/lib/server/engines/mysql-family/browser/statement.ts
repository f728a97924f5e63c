/** Statements that may run where nothing is to be changed. All others are refused before the server sees them. */
export const READING_WORDS = ['select', 'with', 'table', 'values', 'show', 'explain', 'describe', 'desc'];

/** No `;`: the servers take no statement that begins with one. */
const blank = /^[ \t\n\r\f\v(]+/;
/** To the end of the line, for which a carriage return does not count; `--` only begins one before a blank. */
const lineComment = /^(?:#|--(?=[ \t\n\r\f\v]))[^\n\0]*/;
/** These servers nest no comments, and what stands in one with `!` they execute. */
const blockComment = /^\/\*(?!M?!)[\s\S]*?\*\//i;

/** The word a statement begins with, in lower case, behind blanks, brackets and comments; null when it begins with something else. */
export function leadingWord(text: string): string | null {
	let rest = text;
	for (;;) {
		const before = rest;
		rest = rest.replace(blank, '').replace(lineComment, '').replace(blockComment, '');
		if (rest === before) break;
	}
	return /^[a-z]+(?![\w$])/i.exec(rest)?.[0].toLowerCase() ?? null;
}

/**
 * True for a statement that can only read as far as its first word tells. What it does beyond that, the server refuses: it runs with the
 * rights of a reader in a read-only transaction, which only statements with other first words can end.
 */
export function isReading(text: string): boolean {
	const word = leadingWord(text);
	return word !== null && READING_WORDS.includes(word);
}
