/** What begins a password, or says how somebody logs in: `IDENTIFIED BY 'x'`, `PASSWORD('x')`, `MASTER_PASSWORD = 'x'`. */
const identified = /\bIDENTIFIED\b/i;
const password = /\b\w*PASSWORD\b/i;

/** Words of statements in which a password may stand; a column of that name in a plain SELECT is left as it is. */
const mayHoldOne =
	/\b(?:USER|SERVER|GRANT|SET|CHANGE|START|CREATE|ALTER|INSERT|REPLACE|EXECUTE|PREPARE)\b|PASSWORD\s*\(/i;

function endOf(expression: RegExp, text: string): number {
	const found = expression.exec(text);
	return found ? found.index + found[0].length : Number.POSITIVE_INFINITY;
}

/** A statement as others may read it: cut where a password begins. */
export function withoutPassword(text: string): string {
	const end = Math.min(
		endOf(identified, text),
		mayHoldOne.test(text) ? endOf(password, text) : Number.POSITIVE_INFINITY,
	);
	return end >= text.length ? text : `${text.slice(0, end)} …`;
}
