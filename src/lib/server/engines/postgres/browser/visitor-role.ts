import { randomBytes } from 'node:crypto';
import { escapeIdentifier, escapeLiteral } from 'pg';
import { z } from 'zod';
import { AppError } from '../../../errors';
import { Secret } from '../../../secret';
import { queryNotAllowed } from '../../query-not-allowed';
import type { Connections } from '../connections';
import type { ServerFacts } from '../grants/grants';
import { groupsOf, VISITOR_PATTERN, VISITOR_PREFIX } from '../grants/groups';
import { script, withoutWaiting } from '../grants/sql';
import { assertNotProtected } from '../grants/state';
import { rowsAs } from '../rows';
import { scramVerifier } from '../scram';
import { removeUser } from '../users';

const maxTempFiles = '512MB';
const retryAfterMs = 10 * 60_000;

/** A login made for one call. */
export type Visitor = { name: string; password: Secret; ownerGroup: string };

const placeRow = z.object({
	oid: z.coerce.number(),
	isManaged: z.boolean(),
	leftovers: z.array(z.string()),
});
type Place = z.infer<typeof placeRow>;

const placeSql = `
SELECT d.oid::text AS oid,
	(SELECT count(*) = 2 FROM pg_roles g
		WHERE g.rolname IN ('sh0_' || d.oid || '_owner', 'sh0_' || d.oid || '_read')
		AND has_database_privilege(g.oid, d.oid, 'CONNECT')) AS "isManaged",
	ARRAY(SELECT v.rolname::text FROM pg_roles v WHERE v.rolname ~ $2 AND v.rolvaliduntil < now()) AS leftovers
FROM pg_database d WHERE d.datname = $1::text AND NOT d.datistemplate`;

/** Throws DATABASE_PROTECTED, DATABASE_NOT_FOUND, and QUERY_NOT_ALLOWED for a database that has no groups to be a member of. */
async function findPlace(connections: Connections, database: string): Promise<Place> {
	assertNotProtected(database);
	const [place] = rowsAs(placeRow, await connections.query(placeSql, [database, VISITOR_PATTERN]));
	if (!place) throw new AppError('DATABASE_NOT_FOUND', { details: { name: database } });
	if (place.isManaged) return place;
	throw queryNotAllowed({ reason: 'madeByHand' });
}

/** When one that could not be dropped is tried again, by its name. */
const retries = new WeakMap<Connections, Map<string, number>>();

/** Those that a crash left. Never throws: one that cannot be dropped, such as one made mighty by hand, stands in nobody's way. */
async function dropLeftovers(connections: Connections, facts: ServerFacts, names: string[]): Promise<void> {
	const retryAt = retries.get(connections) ?? new Map<string, number>();
	retries.set(connections, retryAt);
	for (const name of names) {
		if (Date.now() < (retryAt.get(name) ?? 0)) continue;
		try {
			await dropVisitor(connections, facts, name);
			retryAt.delete(name);
		} catch {
			retryAt.set(name, Date.now() + retryAfterMs);
		}
	}
}

/** Makes the login; the server forgets its password by itself after `lifetimeMs`. */
export async function makeVisitor(
	connections: Connections,
	facts: ServerFacts,
	{ database, isReadOnly, lifetimeMs }: { database: string; isReadOnly: boolean; lifetimeMs: number },
): Promise<Visitor> {
	const place = await findPlace(connections, database);
	await dropLeftovers(connections, facts, place.leftovers);
	const groups = groupsOf(place.oid);
	const visitor: Visitor = {
		name: `${VISITOR_PREFIX}${randomBytes(16).toString('hex')}`,
		password: new Secret(randomBytes(24).toString('base64url')),
		ownerGroup: groups.owner,
	};
	// As random as it is, there is no guessing to be slowed down.
	const verifier = escapeLiteral(await scramVerifier(visitor.password, { iterations: 1 }));
	const until = escapeLiteral(new Date(Date.now() + lifetimeMs).toISOString());
	// A reader has the group's rights but cannot become it; whoever writes must, so that what is made belongs to the owners.
	const options = facts.majorVersion >= 16 ? ` WITH INHERIT TRUE, SET ${isReadOnly ? 'FALSE' : 'TRUE'}` : '';
	await connections.query(
		script([
			withoutWaiting,
			`CREATE ROLE ${visitor.name} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS CONNECTION LIMIT 1 VALID UNTIL ${until} PASSWORD ${verifier}`,
			// What people type may hold a secret, so it stays out of the server's log when it fails.
			`ALTER ROLE ${visitor.name} SET log_statement = 'none'`,
			// What a statement raises is its own text again: a warning is shown to whoever asked, and not logged.
			`ALTER ROLE ${visitor.name} SET log_min_messages = 'panic'`,
			`ALTER ROLE ${visitor.name} SET log_min_error_statement = 'panic'`,
			`ALTER ROLE ${visitor.name} SET log_min_duration_statement = -1`,
			// What has to be sorted or kept goes to the server's disk, which all share.
			`ALTER ROLE ${visitor.name} SET temp_file_limit = '${maxTempFiles}'`,
			`GRANT ${isReadOnly ? groups.read : groups.owner} TO ${visitor.name}${options}`,
		]),
	);
	return visitor;
}

/** Drops the login; whatever it still runs or owns goes first. */
export async function dropVisitor(connections: Connections, facts: ServerFacts, name: string): Promise<void> {
	try {
		await connections.query(script([withoutWaiting, `DROP ROLE ${escapeIdentifier(name)}`]));
	} catch {
		await removeUser(connections, facts, name);
	}
}
