import { afterEach, describe, expect, it, vi } from 'vitest';
import { engineById } from '../engines';
import type { DataBrowser } from '../engines/engine';
import { FakeDatabaseAdmin } from '../testing/fake-database-admin';
import { TestHouse } from './testing';

const result = { columns: [], rows: [], isCut: false, affected: null, elapsedMs: 1 };
const page = { nextCursor: null };

class BrowsedAdmin extends FakeDatabaseAdmin {
	readonly asked: unknown[] = [];
	override readonly browser: DataBrowser = {
		collections: () => Promise.resolve({ ...page, items: [], total: 0 }),
		rows: () => Promise.resolve({ ...page, columns: [], rows: [] }),
		query: (request) => {
			this.asked.push(request);
			return Promise.resolve(result);
		},
	};
}

describe('a statement of a person’s own', () => {
	let test: TestHouse;
	afterEach(() => test.database.remove());

	function open(engine: string, version: string) {
		const admin = new BrowsedAdmin();
		test = new TestHouse(admin, { engine, version });
		const ask = (isReadOnly: boolean) =>
			test.house.browser.query(test.service, {
				...{ database: 'shop', text: '{}', isReadOnly, timeoutMs: 1_000, maxRows: 1 },
			});
		return { admin, ask };
	}

	it('that may change data never reaches an engine that cannot keep it in its database', async () => {
		const { admin, ask } = open('ferretdb', '2');
		await expect(ask(false)).rejects.toMatchObject({
			code: 'NOT_SUPPORTED',
			details: { engine: 'ferretdb', capability: 'queryWrites', reason: 'standInWrites' },
		});
		expect(admin.asked).toEqual([]);
		expect(await ask(true)).toEqual(result);
	});

	it('may change data on an engine that can', async () => {
		const { ask } = open('mongodb', '8');
		expect(await ask(false)).toEqual(result);
	});
});

describe('a new password', () => {
	let test: TestHouse;
	afterEach(() => test.database.remove());

	async function ends(engine: string, version: string, endsSessions: boolean | null) {
		const admin = new FakeDatabaseAdmin();
		admin.passwords.set('app', 'former');
		const set = vi.spyOn(admin, 'setPassword');
		test = new TestHouse(admin, { engine, version });
		await test.house.databaseUsers.setPassword(test.service, { name: 'app', password: null, endsSessions });
		return set.mock.calls.map(([input]) => input.endsSessions);
	}

	it('ends what the user has open unless told otherwise, where the engine can', async () => {
		expect(await ends('postgres', '18', null)).toEqual([true]);
	});

	it.each([true, false])('does as asked where the engine can: %s', async (endsSessions) => {
		expect(await ends('postgres', '18', endsSessions)).toEqual([endsSessions]);
	});

	it('leaves them where the engine cannot', async () => {
		expect(await ends('ferretdb', '2', null)).toEqual([false]);
	});

	it('is refused when it is to end what the engine cannot', async () => {
		await expect(ends('ferretdb', '2', true)).rejects.toMatchObject({
			code: 'NOT_SUPPORTED',
			details: { engine: 'ferretdb', capability: 'endSessions', reason: 'standInSessions' },
		});
	});

	it('says of MongoDB that connections that do nothing stay', () => {
		const matrix = engineById('mongodb').databaseAdmin?.capabilities('8');
		expect(matrix).toMatchObject({ endSessions: null, endIdleSessions: 'idleConnections' });
	});
});
