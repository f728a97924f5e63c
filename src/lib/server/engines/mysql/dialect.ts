import type { Dialect } from '../mysql-family/dialect';
import { cachingSha2Hash, isCachingSha2Hash } from './hash';

/** Rights by which an account can give itself all others. */
const superRights = ['Super', 'Grant', 'Create_user', 'Insert', 'Update'].map(
	(right) => `a.${right}_priv = 'Y'`,
);

const sizesSql = `
SELECT CONVERT(SUBSTRING_INDEX(t.NAME, '/', 1) USING utf8mb4) COLLATE utf8mb4_bin AS folder, SUM(t.FILE_SIZE) AS bytes
FROM information_schema.innodb_tablespaces t GROUP BY 1`;

const slowQueriesSql = `
SELECT LEFT(d.DIGEST_TEXT, 2000) AS text, d.SCHEMA_NAME AS \`database\`, d.COUNT_STAR AS calls,
	d.AVG_TIMER_WAIT / 1e9 AS meanMs, d.MAX_TIMER_WAIT / 1e9 AS maxMs, d.LAST_SEEN AS lastAt
FROM performance_schema.events_statements_summary_by_digest d
WHERE d.DIGEST_TEXT IS NOT NULL AND d.SCHEMA_NAME NOT IN ('mysql', 'sys', 'information_schema', 'performance_schema')
ORDER BY d.MAX_TIMER_WAIT DESC LIMIT 20`;

const lockHoldersSql = `
SELECT DISTINCT h.PROCESSLIST_ID AS id FROM performance_schema.metadata_locks l
JOIN performance_schema.threads h ON h.THREAD_ID = l.OWNER_THREAD_ID
WHERE l.OBJECT_SCHEMA = ? AND l.LOCK_STATUS = 'GRANTED' AND h.PROCESSLIST_ID IS NOT NULL`;

export const mysqlDialect: Dialect = {
	maxUserCharacters: 32,
	takesCidr: true,
	defaultCharset: { encoding: 'utf8mb4', collation: 'utf8mb4_0900_ai_ci' },
	identifiedBy: (password) =>
		`IDENTIFIED WITH caching_sha2_password AS 0x${cachingSha2Hash(password).toString('hex')}`,
	isHashOf: isCachingSha2Hash,
	statementLimit: (limitMs) => `max_execution_time = ${Math.ceil(limitMs)}`,
	accounts: {
		table: 'mysql.user',
		isLocked: `a.account_locked = 'Y'`,
		isSuperuser: `(${superRights.join(' OR ')})`,
		// A role is a locked account here, and shown as such.
		isRole: 'FALSE',
		hash: 'a.authentication_string',
	},
	sizesSql,
	folder: (column) => column,
	charsetsSql: `
SELECT c.CHARACTER_SET_NAME AS encoding, c.COLLATION_NAME AS collation, c.IS_DEFAULT = 'Yes' AS isDefault
FROM information_schema.collations c ORDER BY 1, 2`,
	stateMs: 'p.TIME * 1000',
	lockHoldersSql,
	slowQueriesSql,
};
