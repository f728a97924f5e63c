import { setTimeout as delay } from 'node:timers/promises';
import type { Query } from './connections';

const waitMs = 3_000;
const pollMs = 25;

const endSql = `
SELECT pg_terminate_backend(pid) AS ended FROM pg_stat_activity
WHERE usesysid = $1::oid AND ($2::text IS NULL OR datname = $2::text) AND pid <> pg_backend_pid()`;

const leftSql = `
SELECT FROM pg_stat_activity
WHERE usesysid = $1::oid AND ($2::text IS NULL OR datname = $2::text) AND pid <> pg_backend_pid()`;

/**
 * Ends a role's sessions (in one database, or everywhere) and waits until they are gone, 3 seconds at most. A change of rights or of a
 * password does not reach sessions that are open, so this comes after every change that takes something away.
 */
export async function endSessions(
	query: Query,
	{ userOid, database }: { userOid: number; database: string | null },
): Promise<void> {
	const ended = await query(endSql, [userOid, database]);
	if (ended.length === 0) return;
	const deadline = Date.now() + waitMs;
	while (Date.now() < deadline && (await query(leftSql, [userOid, database])).length > 0) {
		await delay(pollMs);
	}
}
