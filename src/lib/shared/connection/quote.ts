/** Text as a part of a URI; everything but letters, digits and `-._~` is percent-encoded, so no shell or file reads it otherwise. */
export function uriPart(text: string): string {
	return encodeURIComponent(text).replace(
		/[!'()*]/g,
		(character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
	);
}

/** Text as one word of a POSIX shell. */
export function shellWord(text: string): string {
	return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** Text as a string literal of JavaScript and of Python, whose escapes JSON's are a part of. */
export function jsonLiteral(text: string): string {
	return JSON.stringify(text);
}

/** Text as a PHP string literal; in single quotes PHP knows two escapes and no variables. */
export function phpLiteral(text: string): string {
	return `'${text.replace(/[\\']/g, '\\$&')}'`;
}

/** Text as a value in libpq's `key=value` connection strings. */
export function conninfoValue(text: string): string {
	return `'${text.replace(/[\\']/g, '\\$&')}'`;
}

function envDoubleQuoted(text: string, escaped: RegExp): string {
	return `"${text.replace(escaped, '\\$&')}"`;
}

/**
 * A line of a `.env` file. Its readers disagree on escapes, so the quotes are those that need none; only a value with a single quote
 * and one of `" \ $` and a backtick has to be escaped, as shells, Python, Docker Compose and PHP read it.
 */
export function envLine(key: string, value: string): string {
	if (/^[\w.:@%/+,-]+$/.test(value)) return `${key}=${value}`;
	if (!value.includes("'")) return `${key}='${value}'`;
	return `${key}=${envDoubleQuoted(value, /["\\$`]/g)}`;
}

/** A line of Laravel's `.env`, which knows the escapes `\" \\ \$` in double quotes. */
export function laravelEnvLine(key: string, value: string): string {
	if (/^[\w.:@%/+,-]+$/.test(value)) return `${key}=${value}`;
	if (!value.includes("'")) return `${key}='${value}'`;
	return `${key}=${envDoubleQuoted(value, /["\\$]/g)}`;
}
