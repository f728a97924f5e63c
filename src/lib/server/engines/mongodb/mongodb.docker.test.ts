import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { GrantLevel } from '$lib/shared/services';
import { Secret } from '../../secret';
import { refusal } from '../../testing/fake-mongod/started';
import { startEngineServer, type EngineServer } from '../../testing/engine-server';
import { describeMongo } from '../../testing/mongo-behaviour';
import { mongodbVersionsHere } from '../../testing/images-here';
import { codeAs, openMongo } from '../../testing/mongo-server';
import { mongodbConfigurable } from './configurable';
import { mongodb } from './definition';

const password = new Secret('Long-enough-1');
const another = new Secret('Another-one-22');
const versions = await mongodbVersionsHere();

for (const version of ['8', '7'].filter((one) => !versions.includes(one))) {
	describe.skip(`MongoDB ${version}: not run, its official image mongo:${version} is not on this machine`, () => {
		it('does what FerretDB does, and has roles, sessions and settings', () => undefined);
	});
}

for (const version of versions) describeMongo(mongodb, version);

/** What the stand-in lacks, on the real server; the fake that stands for it elsewhere is held to the same. */
describe.each(versions)('what only MongoDB has: %s', (version) => {
	let server: EngineServer;

	beforeAll(async () => {
		server = await startEngineServer(mongodb, version);
		await server.admin.createDatabase({ name: 'shop', owner: null });
		await server.admin.createDatabase({ name: 'blog', owner: null });
	});
	afterAll(async () => {
		await server?.remove();
	});

	const root = () => ({ user: server.target.user, password: server.target.password });

	async function makeUser(name: string, level: GrantLevel): Promise<void> {
		await server.admin.createUser({ name, password });
		await server.admin.grants?.set({ user: name, grants: [{ database: 'shop', level }] });
	}

	it('levels bite: what is allowed, and nothing on another database', async () => {
		const probes = [
			{ find: 'x' },
			{ insert: 'x', documents: [{ a: 1 }] },
			{ create: 'made' },
			{ drop: 'made' },
		];
		const allowed = { none: 0, read: 1, write: 4, owner: 4 } as const;
		for (const [name, count] of Object.entries(allowed)) {
			const level = name as keyof typeof allowed;
			await makeUser(level, level);
			const codes: (number | null)[] = [];
			for (const command of probes) {
				codes.push(await codeAs(server.target, { user: level, password }, 'shop', command));
			}
			expect([level, codes]).toEqual([level, probes.map((_, index) => (index < count ? null : 13))]);
			const outside = await codeAs(server.target, { user: level, password }, 'blog', { find: 'x' });
			expect([level, outside]).toEqual([level, 13]);
			await server.admin.removeUser(level);
		}
	});

	it('a level taken away is gone at the next command of an open session', async () => {
		await makeUser('ada', 'write');
		const client = openMongo(server.target, { user: 'ada', password });
		const insert = { insert: 'x', documents: [{ a: 1 }] };
		expect((await client.run('shop', insert)).code).toBeNull();
		await server.admin.grants?.set({ user: 'ada', grants: [{ database: 'shop', level: 'read' }] });
		expect((await client.run('shop', insert)).code).toBe(13);
		expect((await client.run('shop', { find: 'x' })).code).toBeNull();
		await server.admin.setPassword({ name: 'ada', password: another, endsSessions: true });
		// An idle connection stays logged in; a new one needs the new password.
		expect((await client.run('shop', { find: 'x' })).code).toBeNull();
		expect(await server.admin.canLogin({ user: 'ada', password, database: null })).toBe(false);
		await client.close();
		expect(await server.admin.grants?.list()).toEqual([{ database: 'shop', user: 'ada', level: 'read' }]);
		await server.admin.removeUser('ada');
	});

	it('users made by hand in another database are named after it', async () => {
		const roles = [{ role: 'readWrite', db: 'shop' }];
		const made = { createUser: 'hand', pwd: 'by-hand-pass-1', roles };
		expect(await codeAs(server.target, root(), 'blog', made)).toBeNull();
		await server.admin.setPassword({ name: 'hand@blog', password, endsSessions: true });
		expect(await server.admin.canLogin({ user: 'hand@blog', password, database: 'shop' })).toBe(true);
		expect(await server.admin.grants?.list()).toEqual([
			{ database: 'shop', user: 'hand@blog', level: 'write' },
		]);
		await server.admin.removeUser('hand@blog');
	});

	it('a database made again under the name of a dropped one inherits nobody', async () => {
		await server.admin.createUser({ name: 'ada', password });
		await server.admin.createDatabase({ name: 'again', owner: 'ada' });
		expect((await server.admin.listDatabases({ search: 'again' })).items[0]?.owner).toBe('ada');
		await server.admin.removeDatabase('again');
		await server.admin.createDatabase({ name: 'again', owner: null });
		const code = await codeAs(server.target, { user: 'ada', password }, 'again', { find: 'x' });
		expect(code).toBe(13);
		await server.admin.removeDatabase('again');
		await server.admin.removeUser('ada');
	});

	it('views are shown as such and paged by position', async () => {
		const documents = [{ _id: 1 }, { _id: 2 }];
		expect(await codeAs(server.target, root(), 'blog', { insert: 'posts', documents })).toBeNull();
		const view = { create: 'recent', viewOn: 'posts', pipeline: [{ $match: { _id: { $gt: 0 } } }] };
		expect(await codeAs(server.target, root(), 'blog', view)).toBeNull();
		const page = await server.admin.browser?.collections({ database: 'blog', search: 'recent' });
		expect(page?.items).toMatchObject([{ kind: 'view', rows: null, sizeBytes: null }]);
		const viewed = { database: 'blog', collection: 'recent', limit: 1 };
		const first = await server.admin.browser?.rows({ ...viewed, cursor: null });
		expect(first).toMatchObject({ rows: [['1']], nextCursor: '1' });
		const rest = await server.admin.browser?.rows({ ...viewed, cursor: '1' });
		expect(rest).toMatchObject({ rows: [['2']], nextCursor: null });
	});

	it('sessions are listed, and ending one ends what it runs', async () => {
		await makeUser('busy', 'write');
		const insert = { insert: 'slow', documents: [{ _id: 1 }] };
		expect(await codeAs(server.target, root(), 'shop', insert)).toBeNull();
		const client = openMongo(server.target, { user: 'busy', password });
		const running = client.run('shop', { find: 'slow', filter: { $where: 'sleep(30000) || true' } });
		const list = async () =>
			(await server.admin.sessions?.list())?.filter((one) => one.user === 'busy' && one.state === 'active');
		await expect.poll(list).toMatchObject([{ database: 'shop', application: 'an app' }]);
		const [session] = (await list()) ?? [];
		await server.admin.sessions?.end(session?.id ?? '');
		expect((await running).code).toBe(11601);
		const idle = (await server.admin.sessions?.list())?.find((one) => one.user === 'busy');
		expect(await refusal(server.admin.sessions?.end(idle?.id ?? ''))).toMatchObject({
			code: 'NOT_SUPPORTED',
		});
		await client.close();
		await server.admin.removeUser('busy');
	});

	it('settings are read, set live and refused as a whole', async () => {
		const { read, apply, settings } = mongodbConfigurable;
		const before = await read(server.target);
		expect(Object.keys(before)).toEqual(settings(version).map((spec) => spec.key));
		await apply(server.target, {
			ttlMonitorSleepSecs: 30,
			slowOpThresholdMs: 250,
			cursorTimeoutMillis: 60_000,
		});
		expect(await read(server.target)).toEqual({
			...before,
			...{ ttlMonitorSleepSecs: 30, slowOpThresholdMs: 250, cursorTimeoutMillis: 60_000 },
		});
		await apply(server.target, {
			ttlMonitorSleepSecs: null,
			slowOpThresholdMs: null,
			cursorTimeoutMillis: null,
		});
		expect(await read(server.target)).toEqual(before);
	});

	it('keeps passwords out of its log', async () => {
		const log = await server.logs();
		for (const secret of [password, another, server.target.password]) {
			expect(log.includes(secret.reveal())).toBe(false);
		}
	});
});
