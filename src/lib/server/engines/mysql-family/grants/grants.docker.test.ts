import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTable, MysqlServer, REFUSED, testedServers } from '../../../testing/mysql-server';

const everybody = { first: 'owner', second: 'owner', writer: 'write', reader: 'read' } as const;

describe.each(testedServers)('grants on $engine.label $version', (tested) => {
	let server: MysqlServer;

	beforeAll(async () => {
		server = await MysqlServer.start(tested, ['first', 'second', 'writer', 'reader', 'nobody']);
	});
	afterAll(async () => {
		await server?.remove();
	});

	it('covers tables made before and after, by any of the users', async () => {
		await server.admin.createDatabase({ name: 'shop', owner: 'first' });
		expect(await server.as('first', 'shop', createTable('before_first'))).toBe('ok');
		await server.asRoot(`CREATE TABLE shop.before_root (id int AUTO_INCREMENT PRIMARY KEY, note text)`);
		await server.grant('shop', everybody);
		expect(await server.as('first', 'shop', createTable('after_first'))).toBe('ok');
		expect(await server.as('second', 'shop', createTable('after_second'))).toBe('ok');
		await server.asRoot(createTable('shop.after_root'));
		for (const table of ['before_first', 'before_root', 'after_first', 'after_second', 'after_root']) {
			for (const [user, level] of Object.entries(everybody))
				await server.expectLevel(user, level, 'shop', table);
		}
		expect(await server.as('nobody', 'shop', 'SELECT 1')).toBe(REFUSED);
		expect(await server.grantsOn('shop')).toEqual(everybody);
	});

	it('opens a database with _ and % in its name, and none of a like name', async () => {
		for (const name of ['a_b', 'axb', 'a%b', 'ab', String.raw`a\_b`]) {
			await server.admin.createDatabase({ name, owner: null });
		}
		await server.admin.createUser({ name: 'narrow', password: server.password });
		const reachable = async (): Promise<string[]> => {
			const names = ['a_b', 'axb', 'a%b', 'ab', String.raw`a\_b`];
			const answers = await Promise.all(names.map((name) => server.as('narrow', name, 'SELECT 1')));
			return names.filter((_, index) => answers[index] === 'ok');
		};
		for (const name of ['a_b', 'a%b', String.raw`a\_b`]) {
			for (const level of ['read', 'write', 'owner'] as const) {
				await server.grant(name, { narrow: level });
				expect(await reachable()).toEqual([name]);
				expect(await server.admin.grants.list({ users: ['narrow'] })).toEqual([
					{ database: name, user: 'narrow', level },
				]);
			}
			await server.grant(name, { narrow: 'none' });
			expect(await reachable()).toEqual([]);
		}
		for (const name of ['a_b', 'axb', 'a%b', 'ab', String.raw`a\_b`]) await server.admin.removeDatabase(name);
	});
});
