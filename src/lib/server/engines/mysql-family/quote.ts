import { escape, escapeId } from 'mysql2';
import type { Account } from './accounts';

/** A name as MySQL quotes it, dots included: they are part of the name, never a separator. */
export function identifier(name: string): string {
	return escapeId(name, true);
}

/** A text as a string literal; right only while NO_BACKSLASH_ESCAPES is off, as every connection of ours makes sure. */
export function literal(text: string): string {
	return escape(String(text));
}

/** The account as a statement takes it. */
export function accountSql({ user, host }: Account): string {
	return `${literal(user)}@${literal(host)}`;
}

/** The expression that is `accountName` in SQL, over columns `User` and `Host` of the table. */
export function accountNameSql(table: string): string {
	const [user, host] = [`${identifier(table)}.User`, `${identifier(table)}.Host`];
	const name = `IF(${host} = '%' AND INSTR(${user}, '@') = 0, ${user}, CONCAT(${user}, '@', ${host}))`;
	return `CONVERT(${name} USING utf8mb4) COLLATE utf8mb4_bin`;
}
