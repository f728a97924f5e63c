import { describe, expect, it } from 'vitest';
import { databaseEngineById, engineVersion } from '../engines';
import { Secret } from '../secret';
import { startEngineServer } from './engine-server';
import { mongodbVersionsHere, skipByName, versionsHere } from './images-here';

/** Those that are built here and that the engines' own suites run on request only. */
const older = [
	...['17', '16', '14'].map((version) => ({ id: 'postgres', version })),
	...['11.4', '10.11'].map((version) => ({ id: 'mariadb', version })),
	{ id: 'redis', version: '7' },
	{ id: 'valkey', version: '8' },
];

/** Those that no machine can build. */
const fromRegistry = [
	{ engine: 'mysql', all: ['8.4'], here: await versionsHere('mysql', ['8.4']) },
	{ engine: 'mongodb', all: ['8', '7'], here: await mongodbVersionsHere() },
];

for (const row of fromRegistry) skipByName('start and logins of', row);

const present = fromRegistry.flatMap(({ engine, here }) => here.map((version) => ({ id: engine, version })));

describe('a version that is not the newest, or never built here', () => {
	it.each([...older, ...present])(
		'$id $version starts, has its root password rotated and makes a user that logs in',
		async ({ id, version }) => {
			const engine = databaseEngineById(id);
			expect(engineVersion(engine, version).version).toBe(version);
			const server = await startEngineServer(engine, version);
			try {
				const { admin } = server;
				const password = new Secret('Long-enough-1');
				await admin.createUser({ name: 'ada', password });
				let database: string | null = null;
				if (admin.grants !== null) {
					database = 'shop';
					await admin.createDatabase({ name: database, owner: null });
					await admin.grants.set({ user: 'ada', grants: [{ database, level: 'write' }] });
					expect(await admin.grants.list()).toEqual([{ database, user: 'ada', level: 'write' }]);
				}
				expect(await admin.canLogin({ user: 'ada', password, database })).toBe(true);
				const wrong = new Secret('Long-enough-2');
				expect(await admin.canLogin({ user: 'ada', password: wrong, database })).toBe(false);
				expect((await admin.statistics()).version).toMatch(new RegExp(`^${version.replace('.', '\\.')}\\.`));
			} finally {
				await server.remove();
			}
		},
	);
});
