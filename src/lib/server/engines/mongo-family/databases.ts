import { z } from 'zod';
import { AppError } from '../../errors';
import type { DatabaseInfo, DatabasesRequest } from '../engine';
import { pageOf, type Page } from '../page';
import { getAccount, listAccounts, type Account, type ServerFacts } from './accounts';
import type { Run } from './connections';
import { databaseExists, listNames } from './database-names';
import { giveLevel, revokeAll, setLevel } from './grants';
import { assertNotProtected, isProtectedDatabase } from './names';
import { numeric, replyAs } from './replies';

/**
 * The empty collection that sh0 makes in a new database: without one the server forgets the database. It says where it comes from, and
 * may be dropped as soon as there is another.
 */
export const FIRST_COLLECTION = 'created_by_sh0';

const statsSchema = z.object({ collections: numeric, storageSize: numeric, indexSize: numeric });

async function measure(run: Run, name: string): Promise<Pick<DatabaseInfo, 'sizeBytes' | 'objects'>> {
	const stats = replyAs(statsSchema, await run(name, { dbStats: 1 }));
	return { sizeBytes: stats.storageSize + stats.indexSize, objects: stats.collections };
}

/** The first user, by name, with level `owner` on each database. */
async function ownersOf(facts: ServerFacts): Promise<Map<string, string>> {
	if (!facts.dialect.hasRoles) return new Map();
	const owners = new Map<string, string>();
	const accounts = (await listAccounts(facts)).sort((a, b) => (a.name < b.name ? -1 : 1));
	for (const { name, roles } of accounts) {
		for (const { role, db } of roles) if (role === 'dbOwner' && !owners.has(db)) owners.set(db, name);
	}
	return owners;
}

/** By name; only the databases of the page are measured, as the server opens each one's files for it. */
export async function listDatabases(
	facts: ServerFacts,
	{ isMeasured = true, ...request }: DatabasesRequest = {},
): Promise<Page<DatabaseInfo>> {
	const names = await listNames(facts.run);
	const page = pageOf(
		names.map((name) => ({ name })),
		request,
	);
	const owners = await ownersOf(facts);
	const items = await Promise.all(
		page.items.map(async ({ name }) => ({
			...{ name, owner: owners.get(name) ?? null, encoding: null, collation: null },
			...(isMeasured ? await measure(facts.run, name) : { sizeBytes: null, objects: null }),
			isProtected: isProtectedDatabase(name),
		})),
	);
	return { ...page, items };
}

/** Throws DATABASE_EXISTS, also for a name that differs in case only, which the server would refuse later. */
async function assertFree({ run }: ServerFacts, name: string): Promise<void> {
	const folded = name.toLowerCase();
	if ((await listNames(run)).some((one) => one.toLowerCase() === folded)) {
		throw new AppError('DATABASE_EXISTS', { details: { name } });
	}
}

/** Throws DATABASE_USER_NOT_FOUND, DATABASE_USER_PROTECTED. */
async function getOwner(facts: ServerFacts, name: string): Promise<Account> {
	const owner = await getAccount(facts, name);
	if (owner.isSuperuser) throw new AppError('DATABASE_USER_PROTECTED', { details: { name } });
	return owner;
}

/**
 * Makes a database by its first collection, after the rights on it: interrupted anywhere, doing it again completes it. Rights that an
 * earlier database of this name left are taken first. Throws DATABASE_EXISTS and, for the owner, DATABASE_USER_NOT_FOUND,
 * DATABASE_USER_PROTECTED.
 */
export async function createDatabase(
	facts: ServerFacts,
	{ name, owner }: { name: string; owner: string | null },
): Promise<void> {
	await assertFree(facts, name);
	if (owner !== null) await getOwner(facts, owner);
	if (facts.dialect.hasRoles) await revokeAll(facts, name);
	const account = owner === null ? null : await getOwner(facts, owner);
	if (account) await giveLevel(facts, account, { database: name, level: 'owner' });
	try {
		await facts.run(name, { create: FIRST_COLLECTION });
	} catch (error) {
		if (owner !== null) {
			await setLevel(facts, { user: owner, database: name, level: 'none' }).catch(() => undefined);
		}
		throw error;
	}
}

/** Takes everybody's rights on a database, then drops it. Throws DATABASE_NOT_FOUND, DATABASE_PROTECTED. */
export async function removeDatabase(facts: ServerFacts, name: string): Promise<void> {
	assertNotProtected(name);
	if (!(await databaseExists(facts.run, name))) {
		throw new AppError('DATABASE_NOT_FOUND', { details: { name } });
	}
	if (facts.dialect.hasRoles) await revokeAll(facts, name);
	await facts.run(name, { dropDatabase: 1 });
}
