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

type Token = { kind: 'one' | 'any' | 'many'; character: string };

function tokensOf(pattern: string): Token[] {
	return Array.from(pattern.matchAll(/\\([\s\S])|([\s\S])/gu), ([, escaped, plain = '']) => {
		if (escaped !== undefined) return { kind: 'one', character: escaped };
		return { kind: plain === '%' ? 'many' : plain === '_' ? 'any' : 'one', character: plain };
	});
}

/**
 * Tells whether a whole text matches a pattern of LIKE's kind, as the server matches databases and hosts. Only ever takes the last `%` up
 * again, so that no pattern of a tenant's keeps the panel busy, as a regular expression of many stars would.
 */
export function matcher(pattern: string): (text: string) => boolean {
	const tokens = tokensOf(pattern);
	return (text) => {
		const characters = Array.from(text);
		let at = 0;
		let star = { token: -1, from: 0 };
		for (let index = 0; index < characters.length;) {
			const token = tokens[at];
			if (token?.kind === 'many') {
				star = { token: at, from: index };
				at += 1;
			} else if (token && (token.kind === 'any' || token.character === characters[index])) {
				at += 1;
				index += 1;
			} else if (star.token >= 0) {
				star.from += 1;
				index = star.from;
				at = star.token + 1;
			} else return false;
		}
		return tokens.slice(at).every(({ kind }) => kind === 'many');
	};
}
