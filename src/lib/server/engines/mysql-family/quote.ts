import { escape, escapeId } from 'mysql2';

/** A name as MySQL quotes it, dots included: they are part of the name, never a separator. */
export function identifier(name: string): string {
	return escapeId(name, true);
}

/** A text as a string literal; right only while NO_BACKSLASH_ESCAPES is off, as every connection of ours makes sure. */
export function literal(text: string): string {
	return escape(String(text));
}

/** A database as GRANT and REVOKE take it, where `_` and `%` would also mean other databases. */
export function grantPattern(database: string): string {
	return database.replace(/[\\_%]/g, '\\$&');
}

const wildcards = /(?<!\\)(?:\\\\)*[_%]/;

/** True when a database of a grant stands for several. */
export function isPattern(text: string): boolean {
	return wildcards.test(text);
}

/** The one database that a grant without wildcards is on. */
export function unescapePattern(text: string): string {
	return text.replace(/\\([\\_%])/g, '$1');
}

/** A pattern of LIKE's kind as a regular expression for the whole text, as the server matches databases and hosts. */
export function patternExpression(pattern: string): RegExp {
	const source = pattern.replace(/\\([\s\S])|([\s\S])/gu, (_, escaped?: string, plain?: string) => {
		if (plain === '%') return '[\\s\\S]*';
		if (plain === '_') return '[\\s\\S]';
		return (escaped ?? plain ?? '').replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&');
	});
	return new RegExp(`^${source}$`);
}
