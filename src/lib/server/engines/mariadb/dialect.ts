import type { Dialect } from '../mysql-family/dialect';
import { isNativeHash, nativeHash } from './hash';

/** Bits of `access` by which an account can give itself all others: INSERT, UPDATE, GRANT, SUPER, CREATE USER. */
const superBits = [1, 2, 10, 15, 25].reduce((bits, bit) => bits + 2 ** bit, 0);

function property(name: string): string {
	return `COALESCE(JSON_VALUE(a.Priv, '$.${name}'), '')`;
}

const sizesSql = `
SELECT CONVERT(SUBSTRING_INDEX(t.NAME, '/', 1) USING utf8mb4) COLLATE utf8mb4_bin AS folder, SUM(t.FILE_SIZE) AS bytes
FROM information_schema.innodb_sys_tablespaces t GROUP BY 1`;

// The later collations are for several character sets and have their full names only where they are applied.
const charsetsSql = `
SELECT a.CHARACTER_SET_NAME AS encoding, a.FULL_COLLATION_NAME AS collation, a.FULL_COLLATION_NAME = c.DEFAULT_COLLATE_NAME AS isDefault
FROM information_schema.collation_character_set_applicability a
JOIN information_schema.character_sets c ON c.CHARACTER_SET_NAME = a.CHARACTER_SET_NAME ORDER BY 1, 2`;

export const mariadbDialect: Dialect = {
	maxUserCharacters: 64,
	takesCidr: false,
	// Known to every version and to MySQL, so that a dump goes back into either.
	defaultCharset: { encoding: 'utf8mb4', collation: 'utf8mb4_unicode_ci' },
	identifiedBy: (password) => `IDENTIFIED BY PASSWORD '${nativeHash(password)}'`,
	isHashOf: isNativeHash,
	statementLimit: (limitMs) => `max_statement_time = ${limitMs / 1_000}`,
	accounts: {
		table: 'mysql.global_priv',
		isLocked: `(${property('account_locked')} IN ('true', '1'))`,
		isSuperuser: `(CAST(COALESCE(JSON_VALUE(a.Priv, '$.access'), 0) AS UNSIGNED) & ${superBits}) <> 0`,
		isRole: `(${property('is_role')} IN ('true', '1'))`,
		hash: property('authentication_string'),
	},
	sizesSql,
	// Table spaces are named as the files are, which have names of their own alphabet.
	folder: (column) => `CONVERT(CAST(CONVERT(${column} USING filename) AS BINARY) USING latin1)`,
	charsetsSql,
	stateMs: 'p.TIME_MS',
	lockHoldersSql: null,
	slowQueriesSql: null,
};
