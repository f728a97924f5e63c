import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isAppError } from '../../errors';
import { Secret } from '../../secret';
import { startEngineServer, type EngineServer } from '../../testing/engine-server';
import { describeMongo } from '../../testing/mongo-behaviour';
import { codeAs } from '../../testing/mongo-server';
import { ferretdb } from './definition';

describeMongo(ferretdb, '2');

describe('what FerretDB cannot do', () => {
	const password = new Secret('Long-enough-1');
	let server: EngineServer;

	beforeAll(async () => {
		server = await startEngineServer(ferretdb, '2');
	});
	afterAll(async () => {
		await server?.remove();
	});

	async function refusal(attempt: Promise<unknown> | undefined): Promise<unknown> {
		try {
			await attempt;
			return null;
		} catch (error) {
			return isAppError(error) ? { code: error.code, ...error.details } : error;
		}
	}

	it('is said so: no levels, no sessions, no owners, and no statement that writes', async () => {
		const { admin } = server;
		expect([admin.grants, admin.sessions, admin.access]).toEqual([null, null, null]);
		expect(ferretdb.configurable).toBeUndefined();
		expect(await refusal(admin.createDatabase({ name: 'owned', owner: 'ada' }))).toEqual({
			code: 'NOT_SUPPORTED',
			engine: 'ferretdb',
			capability: 'owners',
			reason: 'standInRoles',
		});
		await admin.createDatabase({ name: 'safe', owner: null });
		const text = JSON.stringify({ insert: 'kept', documents: [{ _id: 1 }] });
		const written = admin.browser?.query({
			...{ database: 'safe', text, isReadOnly: false, timeoutMs: 1_000, maxRows: 1 },
		});
		expect(await refusal(written)).toMatchObject({ code: 'NOT_SUPPORTED', reason: 'standInWrites' });
		expect((await admin.browser?.collections({ database: 'safe' }))?.total).toBe(1);
	});

	it('is still true of this version: a user without any role may do everything', async () => {
		await server.admin.createUser({ name: 'ada', password });
		const insert = { insert: 'kept', documents: [{ _id: 1 }] };
		expect(await codeAs(server.target, { user: 'ada', password }, 'safe', insert)).toBeNull();
		expect(await server.admin.canLogin({ user: 'ada', password, database: 'safe' })).toBe(true);
	});
});
