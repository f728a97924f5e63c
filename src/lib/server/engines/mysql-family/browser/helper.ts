import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import type { Connection } from 'mysql2';
import { Secret } from '../../../secret';
import { ANY_HOST, type Account } from '../accounts';
import { grantPattern } from '../patterns';
import { accountSql, identifier } from '../quote';
import { withLogin, type Connections, type Query } from '../connections';
import { toEngineError } from '../errors';
import { grantWords } from '../grants/privileges';
import { HELPER_PREFIX } from '../names';
import { rowsAs } from '../rows';
import { countDefined } from '../users';

/** One that is older was left by a crash: no call lasts as long. */
const maxAgeMs = 10 * 60_000;

/** `sh0_`, when it was made, and something nobody guesses; 32 characters at most. */
function helperName(): string {
	return `${HELPER_PREFIX}${Date.now().toString(36)}_${randomBytes(6).toString('hex')}`;
}

/** False for one that no call of now can be using. */
function isYoung(name: string): boolean {
	const [, text = ''] = name.split('_');
	const ageMs = Date.now() - Number.parseInt(text, 36);
	return ageMs > -maxAgeMs && ageMs < maxAgeMs;
}

/**
 * Takes the helper away. What was made by its statement, such as a view, may run with its rights and would stop working without it:
 * then it stays, locked, as long as there is such a thing.
 */
async function retire(connections: Connections, account: Account): Promise<void> {
	const isNeeded = (await countDefined(connections, account)) > 0;
	await connections.query(
		isNeeded ? `ALTER USER ${accountSql(account)} ACCOUNT LOCK` : `DROP USER ${accountSql(account)}`,
	);
}

/** Removes helpers that a crash left or that nothing needs any more; never rejects. */
export async function removeLeftHelpers(connections: Connections): Promise<void> {
	try {
		const rows = await connections.query(
			`SELECT u.User AS user, u.Host AS host FROM mysql.user u WHERE LEFT(u.User, ${HELPER_PREFIX.length}) = '${HELPER_PREFIX}'`,
		);
		const helpers = rowsAs(z.object({ user: z.string(), host: z.string() }), rows);
		const old = helpers.filter(({ user }) => !isYoung(user));
		for (const account of old) await retire(connections, account);
	} catch {
		// The next call tries again.
	}
}

export type HelperSession = { query: Query; connection: Connection };

/**
 * Runs as an account made for this one call, which may do with this database what the level says, and nothing else anywhere. Its first
 * statements have made the session safe and entered the database. Throws AppError for what is wrong with the connection.
 */
export async function asHelper<T>(
	connections: Connections,
	{ database, level }: { database: string; level: 'read' | 'owner' },
	work: (session: HelperSession) => Promise<T>,
): Promise<T> {
	const { host, port } = connections.target;
	const account: Account = { user: helperName(), host: ANY_HOST };
	const password = new Secret(randomBytes(24).toString('base64url'));
	const { identifiedBy } = connections.dialect;
	await connections.query(
		`CREATE USER ${accountSql(account)} ${identifiedBy(password)} WITH MAX_USER_CONNECTIONS 1`,
	);
	try {
		await connections.query(
			`GRANT ${grantWords(level)} ON ${identifier(grantPattern(database))}.* TO ${accountSql(account)}`,
		);
		return await withLogin({ host, port, user: account.user, password, database }, (query, connection) =>
			work({ query, connection }),
		);
	} catch (error) {
		throw toEngineError(error);
	} finally {
		await retire(connections, account);
	}
}
