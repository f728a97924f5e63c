/** Statements that may run where nothing is to be changed. All others are refused before the server sees them. */
export const READING_WORDS = ['select', 'with', 'table', 'values', 'show', 'explain'];

/** What PostgreSQL takes for blanks, and no more. */
const blank = /^[ \t\n\r\f\v;(]+/;
const lineComment = /^--[^\n\r]*/;

/** Without the block comment it begins with; PostgreSQL nests them. Null when it does not end. */
function withoutBlockComment(text: string): string | null {
	let depth = 0;
	for (let at = 0; at < text.length; at += 1) {
		const pair = text.slice(at, at + 2);
		if (pair === '/*') depth += 1;
		else if (pair === '*/') depth -= 1;
		else continue;
		at += 1;
		if (depth === 0) return text.slice(at + 1);
	}
	return null;
}

/** The word a statement begins with, in lower case, behind blanks, brackets and comments; null when it begins with something else. */
export function leadingWord(text: string): string | null {
	let rest = text;
	for (;;) {
		const before = rest;
		rest = rest.replace(blank, '').replace(lineComment, '');
		if (rest.startsWith('/*')) {
			const after = withoutBlockComment(rest);
			if (after === null) return null;
			rest = after;
		}
		if (rest === before) break;
	}
	return /^[a-z]+(?![\w$])/i.exec(rest)?.[0].toLowerCase() ?? null;
}

/**
 * True for a statement that can only read as far as its first word tells. What it does beyond that, the server refuses: it runs with the
 * rights of a reader in a read-only transaction.
 */
export function isReading(text: string): boolean {
	const word = leadingWord(text);
	return word !== null && READING_WORDS.includes(word);
}
