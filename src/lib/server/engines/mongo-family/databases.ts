import { z } from 'zod';
import { AppError } from '../../errors';
import type { DatabaseInfo } from '../engine';
import { pageOf, type Page, type PageRequest } from '../page';
import { getAccount, listAccounts, type ServerFacts } from './accounts';
import type { Run } from './connections';
import { databaseExists, listNames } from './database-names';
import { revokeAll, setLevel } from './grants';
import { assertNotProtected, isProtectedDatabase } from './names';
import { numeric, replyAs } from './replies';

/**
 * The empty collection that sh0 makes in a new database: without one the server forgets the database. It says where it comes from, and
 * may be dropped as soon as there is another.
 */
export const FIRST_COLLECTION = 'created_by_sh0';

const statsSchema = z.object({ collections: numeric, storageSize: numeric, indexSize: numeric });

async function infoOf(run: Run, name: string, owner: string | null): Promise<DatabaseInfo> {
	const stats = replyAs(statsSchema, await run(name, { dbStats: 1 }));
	return {
		name,
		owner,
		encoding: null,
		collation: null,
		sizeBytes: stats.storageSize + stats.indexSize,
		objects: stats.collections,
		isProtected: isProtectedDatabase(name),
	};
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
export async function listDatabases(facts: ServerFacts, request?: PageRequest): Promise<Page<DatabaseInfo>> {
	const names = await listNames(facts.run);
	const page = pageOf(
		names.map((name) => ({ name })),
		request,
	);
	const owners = await ownersOf(facts);
	const items = await Promise.all(
		page.items.map(({ name }) => infoOf(facts.run, name, owners.get(name) ?? null)),
	);
	return { ...page, items };
}

/**
 * Makes a database by its first collection; one that cannot be given to its owner is dropped again. Throws DATABASE_EXISTS, also for a
 * name that differs from another in case only, and DATABASE_USER_NOT_FOUND for the owner.
 */
export async function createDatabase(
	facts: ServerFacts,
	{ name, owner }: { name: string; owner: string | null },
): Promise<void> {
	if (owner !== null) await getAccount(facts, owner);
	const folded = name.toLowerCase();
	if ((await listNames(facts.run)).some((one) => one.toLowerCase() === folded)) {
		throw new AppError('DATABASE_EXISTS', { details: { name } });
	}
	await facts.run(name, { create: FIRST_COLLECTION });
	if (owner === null) return;
	try {
		await setLevel(facts, { user: owner, database: name, level: 'owner' });
	} catch (error) {
		await removeDatabase(facts, name).catch(() => undefined);
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
