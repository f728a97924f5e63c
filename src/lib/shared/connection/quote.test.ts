import { parseEnv } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { conninfoValue, envLine, jsonLiteral, laravelEnvLine, phpLiteral, shellWord, uriPart } from './quote';

/** Well-formed text on one line: what names and passwords can be. */
const text = fc
	.oneof(
		fc.string({ unit: 'binary', minLength: 1, maxLength: 30 }),
		fc.string({
			unit: fc.constantFrom(...`'"\\$\`;&|<>(){}[]!#%^*?~ =@:/+,.-_aZ9é😀`),
			minLength: 1,
			maxLength: 30,
		}),
	)
	.filter((value) => value.isWellFormed() && !/\p{Cc}/u.test(value) && value.trim() === value);

function holds(parse: (quoted: string) => string, quote: (value: string) => string): void {
	fc.assert(
		fc.property(text, (value) => {
			expect(parse(quote(value))).toBe(value);
		}),
		{ numRuns: 2_000 },
	);
}

/** One word as POSIX says (2.2 Quoting); throws when anything in it would be expanded or end it. */
function parseShellWord(source: string): string {
	let result = '';
	for (let index = 0; index < source.length; index += 1) {
		const character = source.charAt(index);
		if (character === "'") {
			const end = source.indexOf("'", index + 1);
			if (end < 0) throw new Error('not closed');
			result += source.slice(index + 1, end);
			index = end;
		} else if (character === '"') {
			for (index += 1; source.charAt(index) !== '"'; index += 1) {
				if (index >= source.length) throw new Error('not closed');
				if (/[$`]/.test(source.charAt(index))) throw new Error('expanded');
				const escapes = source.charAt(index) === '\\' && /["\\$`]/.test(source.charAt(index + 1));
				if (escapes) index += 1;
				result += source.charAt(index);
			}
		} else if (character === '\\') {
			index += 1;
			result += source.charAt(index);
		} else if (/[\w.:@%/+,=-]/.test(character)) {
			result += character;
		} else {
			throw new Error(`bare ${character}`);
		}
	}
	return result;
}

/** Reads `'…'` with the two escapes PHP's single quotes and libpq's values have. */
function parseSingleQuoted(source: string): string {
	const inner = source.slice(1, -1);
	if (!/^'(?:[^\\']|\\[\\'])*'$/.test(source)) throw new Error(source);
	return inner.replace(/\\([\\'])/g, '$1');
}

/** A value of Laravel's `.env` (vlucas/phpdotenv): `\" \\ \$` in double quotes, nothing in single ones. */
function parseLaravel(line: string): string {
	const value = line.slice(line.indexOf('=') + 1);
	if (value.startsWith("'")) {
		if (value.indexOf("'", 1) !== value.length - 1) throw new Error(value);
		return value.slice(1, -1);
	}
	if (!value.startsWith('"')) return value;
	if (!/^"(?:[^"\\$]|\\["\\$])*"$/.test(value)) throw new Error(value);
	return value.slice(1, -1).replace(/\\(["\\$])/g, '$1');
}

const valueOf = (line: string): string => line.slice(line.indexOf('=') + 1);

describe('quoting', () => {
	it('uriPart comes back from decoding and holds nothing a shell or file would read', () => {
		holds(decodeURIComponent, uriPart);
		fc.assert(fc.property(text, (value) => /^[\w.~%-]*$/.test(uriPart(value))));
	});

	it('shellWord is one word', () => holds(parseShellWord, shellWord));

	it('jsonLiteral is a JavaScript string', () => holds((quoted) => String(JSON.parse(quoted)), jsonLiteral));

	it('jsonLiteral uses no escape that Python lacks', () => {
		fc.assert(
			fc.property(text, (value) => /^"(?:[^"\\]|\\["\\bfnrt]|\\u[0-9a-f]{4})*"$/u.test(jsonLiteral(value))),
			{ numRuns: 2_000 },
		);
	});

	it('phpLiteral and conninfoValue come back', () => {
		holds(parseSingleQuoted, phpLiteral);
		holds(parseSingleQuoted, conninfoValue);
	});

	it('envLine is read by a shell', () => {
		holds(
			(line) => parseShellWord(valueOf(line)),
			(value) => envLine('KEY', value),
		);
	});

	it('envLine is read by Node, except where no quotes can do without escapes', () => {
		fc.assert(
			fc.property(text, (value) => {
				if (value.includes("'") && /["\\$`]/.test(value)) return;
				expect(parseEnv(envLine('KEY', value))).toEqual({ KEY: value });
			}),
			{ numRuns: 2_000 },
		);
	});

	it('laravelEnvLine is read by Laravel', () => holds(parseLaravel, (value) => laravelEnvLine('KEY', value)));
});
