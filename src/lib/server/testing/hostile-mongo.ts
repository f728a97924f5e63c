import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { saslprep } from '@mongodb-js/saslprep';
import type { DatabaseEngineDefinition } from '../engines/engine';
import { Secret } from '../secret';
import { startEngineServer, type EngineServer } from './engine-server';
import { hostileRun, marker, refusal, sendPasswords, tryPasswords } from './hostile';
import { openMongo } from './mongo-server';

const { strings, limitMs } = hostileRun(100);
const authenticationFailed = 18;
const good = new Secret('Long-enough-1');

/** Written out once more, not taken from the code under test: which names must be refused. */
function isUnusable(name: string): boolean {
	return (
		name === '' ||
		!name.isWellFormed() ||
		name !== name.trim() ||
		/[\p{Cc}]/u.test(name) ||
		Buffer.byteLength(name) > 63
	);
}
const mustRefuseDatabase = (name: string): boolean =>
	isUnusable(name) || /[/\\. "$*<>:|?]/.test(name) || /^(admin|config|local)$/iu.test(name);

/** As drivers prepare a password for SCRAM-SHA-256, each in its own way: only one that none of them changes is sure to log in. */
function mustRefusePassword(value: string): boolean {
	if (/^$|[\p{Cc}\p{Surrogate}]/u.test(value) || value.length > 256 || value.normalize('NFKC') !== value)
		return true;
	try {
		return saslprep(value) !== value;
	} catch {
		return true;
	}
}

/**
 * Hostile names, passwords and texts on a server that speaks MongoDB's protocol. `reserved`: names of users that it must refuse, sh0's
 * own left out.
 */
export function describeHostileMongo(
	definition: DatabaseEngineDefinition,
	version: string,
	reserved: RegExp,
): void {
	const mustRefuseUser = (name: string): boolean =>
		isUnusable(name) || /[=,@]/.test(name) || reserved.test(name) || /^(root|sh0_.*)$/iu.test(name);

	describe(`hostile strings on ${definition.label} ${version}`, () => {
		let server: EngineServer;

		beforeAll(async () => {
			server = await startEngineServer(definition, version);
			await server.admin.createUser({ name: 'canary', password: good });
			await server.admin.createDatabase({ name: 'canary', owner: null });
			await server.admin.grants?.set({ user: 'canary', grants: [{ database: 'canary', level: 'owner' }] });
			await asCanary('canary', { insert: 'bird', documents: [{ _id: 1 }] });
		});
		afterAll(async () => {
			await server?.remove();
		});

		async function as(user: string, password: Secret, database: string, command: object) {
			const client = openMongo(server.target, { user, password });
			try {
				return await client.run(database, { ...command });
			} finally {
				await client.close();
			}
		}
		const asRoot = (database: string, command: object) =>
			as(server.target.user, server.target.password, database, command);
		const asCanary = (database: string, command: object) => as('canary', good, database, command);

		const databaseNames = async (): Promise<string[]> =>
			(await server.admin.listDatabases()).items.filter((one) => !one.isProtected).map((one) => one.name);
		const userNames = async (): Promise<string[]> =>
			(await server.admin.listUsers()).items.map((one) => one.name);

		async function expectNothingElse(): Promise<void> {
			expect(await databaseNames()).toEqual(['canary']);
			expect(await userNames()).toEqual(['canary']);
			const { reply } = await asCanary('canary', { find: 'bird' });
			expect(reply?.cursor.firstBatch).toEqual([{ _id: 1 }]);
			expect((await server.admin.browser?.collections({ database: 'canary' }))?.total).toBe(2);
		}

		it('database names work exactly or are refused with a reason', { timeout: limitMs }, async () => {
			let worked = 0;
			for (const name of strings.filter((value) => value.toLowerCase() !== 'canary')) {
				const code = await refusal(server.admin.createDatabase({ name, owner: null }));
				expect([name, code !== null]).toEqual([name, mustRefuseDatabase(name)]);
				if (code !== null) continue;
				worked += 1;
				expect(await databaseNames()).toEqual(['canary', name].sort());
				const { reply } = await asRoot(name, { listCollections: 1, nameOnly: true });
				expect(reply?.cursor.firstBatch).toMatchObject([{ name: 'created_by_sh0' }]);
				const page = await server.admin.browser?.rows({
					...{ database: name, collection: 'created_by_sh0', cursor: null, limit: 5 },
				});
				expect(page).toEqual({ columns: [], rows: [], nextCursor: null });
				await server.admin.removeDatabase(name);
			}
			expect(worked).toBeGreaterThan(80);
			await expectNothingElse();
		});

		it('user names work exactly or are refused with a reason', { timeout: limitMs }, async () => {
			let worked = 0;
			for (const name of strings.filter((value) => value !== 'canary')) {
				const code = await refusal(server.admin.createUser({ name, password: good }));
				expect([name, code !== null]).toEqual([name, mustRefuseUser(name)]);
				if (code !== null) continue;
				worked += 1;
				expect(await userNames()).toEqual(['canary', name].sort());
				const { reply } = await as(name, good, 'admin', { connectionStatus: 1 });
				expect(reply?.authInfo.authenticatedUsers).toMatchObject([{ user: name }]);
				await server.admin.removeUser(name);
			}
			expect(worked).toBeGreaterThan(150);
			await expectNothingElse();
		});

		it('passwords log in exactly or are refused with a reason', { timeout: limitMs }, async () => {
			const worked = await tryPasswords(server.admin, strings, {
				...{ endsSessions: true, mustBeRefused: mustRefusePassword },
				async logsIn({ user, password }) {
					// The driver itself refuses some of them, in its own words.
					if (mustRefusePassword(password.reveal())) return false;
					const { code } = await as(user, password, 'admin', { connectionStatus: 1 });
					expect(code).toBeOneOf([null, authenticationFailed]);
					return code === null;
				},
			});
			// Most characters of any kind are such as SASLprep forbids.
			expect(worked).toBeGreaterThan(strings.length / 4);
			await expectNothingElse();
		});

		it('names of collections and values of documents are shown exactly', { timeout: limitMs }, async () => {
			await server.admin.createDatabase({ name: 'shown', owner: null });
			const values = strings.filter((value) => value.isWellFormed());
			const documents = values.map((value, _id) => ({ _id, value }));
			await asRoot('shown', { insert: 'values', documents });
			let seen: string[] = [];
			for (let cursor: string | null | undefined = null; cursor !== undefined;) {
				const page: { rows: (string | null)[][]; nextCursor: string | null } | undefined =
					await server.admin.browser?.rows({ database: 'shown', collection: 'values', cursor, limit: 50 });
				seen = [...seen, ...(page?.rows ?? []).map((row) => row[1] ?? '')];
				cursor = page?.nextCursor ?? undefined;
			}
			expect(seen).toEqual(values.map((value) => (value.length > 1_000 ? `${value.slice(0, 999)}…` : value)));
			for (const value of values) {
				const text = JSON.stringify({ find: 'values', filter: { value } });
				const found = await server.admin.browser?.query({
					...{ database: 'shown', text, isReadOnly: true, timeoutMs: 5_000, maxRows: 5 },
				});
				const index = String(values.indexOf(value));
				expect([value, found?.rows.map((row) => row[0])]).toEqual([value, [index]]);
			}
			await server.admin.removeDatabase('shown');
			await expectNothingElse();
		});

		it('leaves no password or verifier of its own doing in the log, failures included', async () => {
			await sendPasswords(server.admin);
			const log = await server.logs();
			expect(log.length).toBeGreaterThan(100);
			for (const secret of [marker, 'SCRAM-SHA-256$', server.target.password.reveal(), good.reveal()]) {
				expect([secret, log.includes(secret)]).toEqual([secret, false]);
			}
		});
	});
}
