import { describe, expect, it } from 'vitest';
import { pageOfDatabases } from './numbered-databases';
import { parseClients, parseInfo, parseKeyspace } from './replies';
import { eventsInOrder } from './settings';

describe('numbered databases', () => {
	const keys = new Map([[10, 3]]);
	const names = (request: Parameters<typeof pageOfDatabases>[1]) =>
		pageOfDatabases({ count: 16, keys }, request).items.map(({ name }) => name);

	it('come by number, not by text', () => {
		expect(names({ limit: 3 })).toEqual(['0', '1', '2']);
		expect(names({ cursor: '2', limit: 2 })).toEqual(['3', '4']);
		expect(names({ cursor: '9' })).toEqual(['10', '11', '12', '13', '14', '15']);
		expect(names({ search: '1' })).toEqual(['1', '10', '11', '12', '13', '14', '15']);
		expect(names({ search: 'x' })).toEqual([]);
	});

	it('go on after a number alone', () => {
		for (const cursor of ['x', '', '-1', '1e3'])
			expect(() => names({ cursor }), cursor).toThrow(
				expect.objectContaining({ code: 'BAD_INPUT', field: 'cursor' }),
			);
	});

	it('have as many keys as the server tells', () => {
		const page = pageOfDatabases({ count: 16, keys }, { cursor: '9', limit: 1 });
		expect(page).toMatchObject({ items: [{ name: '10', objects: 3 }], nextCursor: '10', total: 16 });
		expect(pageOfDatabases({ count: 16, keys }).nextCursor).toBeNull();
	});
});

describe('replies', () => {
	it('are read line by line', () => {
		const info = parseInfo(
			'# Keyspace\r\ndb0:keys=5,expires=0,avg_ttl=0\r\ndb12:keys=1,expires=1\r\nos:a:b\r\n',
		);
		expect(parseKeyspace(info)).toEqual(
			new Map([
				[0, 5],
				[12, 1],
			]),
		);
		expect(info.get('os')).toBe('a:b');
		const [client] = parseClients('id=3 addr=127.0.0.1:1 name= user=a=b db=2 cmd=client|list\n');
		expect([...(client ?? [])]).toEqual([
			['id', '3'],
			['addr', '127.0.0.1:1'],
			['name', ''],
			['user', 'a=b'],
			['db', '2'],
			['cmd', 'client|list'],
		]);
	});

	it('have events in the order in which they are declared', () => {
		expect(['AKE', 'g$xKE', 'xE', ''].map(eventsInOrder)).toEqual(['KEA', 'KEg$x', 'Ex', '']);
	});
});
