import { describe, expect, it } from 'vitest';
import { engineById, engineVersion } from '../engines';
import { Secret } from '../secret';
import { startEngineServer } from './engine-server';

/** Those that are built here and that the engines' own suites run on request only. */
const older = [
	...['17', '16', '14'].map((version) => ({ id: 'postgres', version })),
	...['11.4', '10.11'].map((version) => ({ id: 'mariadb', version })),
	{ id: 'redis', version: '7' },
	{ id: 'valkey', version: '8' },
];

describe('a version that is not the newest', () => {
	it.each(older)(
		'$id $version starts, has its root password rotated and makes a user that logs in',
		async ({ id, version }) => {
			const engine = engineById(id);
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
