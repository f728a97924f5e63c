import { z } from 'zod';
import { AppError } from '../../errors';
import type { Secret } from '../../secret';
import type { DatabaseUserInfo } from '../engine';
import type { Page, PageRequest } from '../page';
import { accountOf, hostCovers, type Account } from './accounts';
import { accountNameSql, accountSql } from './quote';
import type { Connections } from './connections';
import { isFault } from './errors';
import { notOwnUserSql } from './names';
import { pageFrom, pageSql } from './paging';
import { flag, numeric, rowsAs } from './rows';
import { endSessions } from './sessions';

/** The statement failed for one of its accounts; the text says which, the number does not say why. */
const cannotUser = 1396;

const accountRow = z.object({
	name: z.string(),
	user: z.string(),
	host: z.string(),
	isLocked: flag,
	isSuperuser: flag,
});
type AccountRow = z.infer<typeof accountRow>;

function accountsSql({ dialect }: Connections): { columns: string; from: string; name: string } {
	const { table, isLocked, isSuperuser, isRole } = dialect.accounts;
	const name = accountNameSql('a');
	return {
		columns: `${name} AS name, a.User AS user, a.Host AS host, ${isLocked} AS isLocked, ${isSuperuser} AS isSuperuser`,
		from: `FROM ${table} a WHERE ${notOwnUserSql('a.User')} AND NOT ${isRole}`,
		name,
	};
}

const sessionRow = z.object({ user: z.string(), address: z.string(), count: numeric });

/** Adds how many sessions each account has: those of its name from an address it may come from. */
async function withConnections(
	connections: Connections,
	accounts: AccountRow[],
): Promise<DatabaseUserInfo[]> {
	if (accounts.length === 0) return [];
	const found = await connections.query(
		`SELECT CONVERT(p.USER USING utf8mb4) COLLATE utf8mb4_bin AS user,
			SUBSTRING_INDEX(p.HOST, ':', GREATEST(1, LENGTH(p.HOST) - LENGTH(REPLACE(p.HOST, ':', '')))) AS address, COUNT(*) AS count
		FROM information_schema.processlist p WHERE p.USER IN (?) GROUP BY 1, 2`,
		[accounts.map(({ user }) => user)],
	);
	const sessions = rowsAs(sessionRow, found);
	return accounts.map(({ name, user, host, isLocked, isSuperuser }) => ({
		name,
		canLogin: !isLocked,
		isSuperuser,
		connections: sessions
			.filter((one) => one.user === user && hostCovers(host, one.address))
			.reduce((sum, one) => sum + one.count, 0),
		access: null,
	}));
}

/** One page of the accounts of people and apps; the server's own, the administrator's and ours are left out. */
export async function listUsers(
	connections: Connections,
	request?: PageRequest,
): Promise<Page<DatabaseUserInfo>> {
	const { columns, from, name } = accountsSql(connections);
	const page = pageSql(name, request);
	const [rows, counted] = await Promise.all([
		connections.query(
			`SELECT ${columns} ${from} AND ${page.matching} AND ${page.after} ORDER BY name LIMIT ?`,
			[...page.matchingValues, ...page.afterValues, page.limit + 1],
		),
		connections.query(`SELECT COUNT(*) AS total ${from} AND ${page.matching}`, page.matchingValues),
	]);
	const total = rowsAs(z.object({ total: numeric }), counted)[0]?.total ?? 0;
	const { items, ...rest } = pageFrom(rowsAs(accountRow, rows), { limit: page.limit, total });
	return { ...rest, items: await withConnections(connections, items) };
}

async function findAccounts(connections: Connections, names: string[]): Promise<AccountRow[]> {
	if (names.length === 0) return [];
	const { columns, from } = accountsSql(connections);
	const accounts = names.map(accountOf).map(({ user, host }) => [user, host]);
	const rows = await connections.query(`SELECT ${columns} ${from} AND (a.User, a.Host) IN (?)`, [accounts]);
	return rowsAs(accountRow, rows).filter((row) => names.includes(row.name));
}

async function findAccount(connections: Connections, name: string): Promise<AccountRow | null> {
	const [account] = await findAccounts(connections, [name]);
	return account ?? null;
}

/** Those of these names that there are; none of the server's own. */
export async function findUsers(connections: Connections, names: string[]): Promise<DatabaseUserInfo[]> {
	return withConnections(connections, await findAccounts(connections, names));
}

/** The account, with what it may do everywhere. Throws DATABASE_USER_NOT_FOUND. */
export async function getAccount(
	connections: Connections,
	name: string,
): Promise<Account & { isSuperuser: boolean }> {
	const account = await findAccount(connections, name);
	if (!account) throw new AppError('DATABASE_USER_NOT_FOUND', { details: { name } });
	return account;
}

/** Creates an account that may log in and nothing else. Throws DATABASE_USER_EXISTS. */
export async function createUser(
	connections: Connections,
	{ name, password }: { name: string; password: Secret },
): Promise<void> {
	if (await findAccount(connections, name)) throw new AppError('DATABASE_USER_EXISTS', { details: { name } });
	const account = accountSql(accountOf(name));
	try {
		await connections.query(`CREATE USER ${account} ${connections.dialect.identifiedBy(password)}`);
	} catch (error) {
		if (!isFault(error, cannotUser)) throw error;
		throw new AppError('DATABASE_USER_EXISTS', { cause: error, details: { name } });
	}
}

/** Sets a password; `endsSessions` also ends those that logged in with the old one. Throws DATABASE_USER_NOT_FOUND. */
export async function setPassword(
	connections: Connections,
	{ name, password, endsSessions: endsThem }: { name: string; password: Secret; endsSessions: boolean },
): Promise<void> {
	const account = await getAccount(connections, name);
	await connections.query(`ALTER USER ${accountSql(account)} ${connections.dialect.identifiedBy(password)}`);
	if (endsThem) await endSessions(connections, { account, database: null });
}

const definedRow = z.object({ count: numeric });

/** How many views, routines, triggers and events run with this account's rights: without it they stop working. */
export async function countDefined(connections: Connections, account: Account): Promise<number> {
	const definer = `${account.user}@${account.host}`;
	const tables = ['views', 'routines', 'triggers', 'events'];
	const counts = tables.map(
		(table) => `(SELECT COUNT(*) FROM information_schema.${table} WHERE DEFINER = ?)`,
	);
	const rows = await connections.query(
		`SELECT ${counts.join(' + ')} AS count`,
		tables.map(() => definer),
	);
	return rowsAs(definedRow, rows)[0]?.count ?? 0;
}

/**
 * Removes an account: no new logins, then its sessions end, then it goes. What it made belongs to the database and stays; what runs
 * with its rights would stop working, so then it is kept. Throws DATABASE_USER_NOT_FOUND, DATABASE_USER_PROTECTED,
 * DATABASE_USER_DEFINES_OBJECTS.
 */
export async function removeUser(connections: Connections, name: string): Promise<void> {
	const account = await getAccount(connections, name);
	if (account.isSuperuser) throw new AppError('DATABASE_USER_PROTECTED', { details: { name } });
	if ((await countDefined(connections, account)) > 0)
		throw new AppError('DATABASE_USER_DEFINES_OBJECTS', { details: { name } });
	await connections.query(`ALTER USER ${accountSql(account)} ACCOUNT LOCK`);
	await endSessions(connections, { account, database: null });
	await connections.query(`DROP USER ${accountSql(account)}`);
}

const hashRow = z.object({ user: z.string(), host: z.string(), hash: z.instanceof(Buffer), isLocked: flag });

/** Every account of this user name with its stored hash. */
export async function hashesOf(connections: Connections, user: string): Promise<z.infer<typeof hashRow>[]> {
	const { table, hash, isLocked } = connections.dialect.accounts;
	const rows = await connections.query(
		`SELECT a.User AS user, a.Host AS host, CAST(${hash} AS BINARY) AS hash, ${isLocked} AS isLocked FROM ${table} a WHERE a.User = ?`,
		[user],
	);
	return rowsAs(hashRow, rows);
}
