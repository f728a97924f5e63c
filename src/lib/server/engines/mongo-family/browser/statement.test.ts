import { describe, expect, it } from 'vitest';
import { isAppError } from '../../../errors';
import { hostileStrings } from '../../../testing/hostile-strings';
import { parseStatement } from './statement';

function refusalOf(text: string): string | null {
	try {
		parseStatement(text);
		return null;
	} catch (error) {
		if (isAppError(error, 'QUERY_REFUSED')) return String(error.details.text);
		throw error;
	}
}
const json = (command: object): string => JSON.stringify(command);
const stage = (one: object): string => json({ aggregate: 'c', pipeline: [one] });

describe('a statement', () => {
	it.each([
		{ find: 'c' },
		{ find: 'c', filter: { a: { $gt: 1 } }, sort: { a: 1 }, limit: 3, projection: { a: 1 } },
		{ count: 'c', query: {} },
		{ distinct: 'c', key: 'a' },
		{ aggregate: 'c', pipeline: [] },
		{ aggregate: 'c', pipeline: [{ $match: { a: 1 } }, { $group: { _id: '$a', n: { $sum: 1 } } }] },
		{ aggregate: 'c', pipeline: [{ $lookup: { from: 'd', as: 'x', pipeline: [{ $match: {} }] } }] },
		{ aggregate: 'c', pipeline: [{ $facet: { a: [{ $count: 'n' }], b: [{ $limit: 1 }] } }] },
		{ aggregate: 'c', pipeline: [{ $unionWith: 'd' }, { $unionWith: { coll: 'd', pipeline: [] } }] },
	])('that reads passes: %j', (command) => {
		const { name, collection, fields, isWrite } = parseStatement(json(command));
		expect(isWrite).toBe(false);
		expect({ [name]: collection, ...fields }).toEqual(command);
	});

	it.each([
		{ insert: 'c', documents: [{ a: 1 }] },
		{ update: 'c', updates: [{ q: { a: 1 }, u: { $set: { a: 2 } } }] },
		{ delete: 'c', deletes: [{ q: { a: 1 }, limit: 1 }] },
	])('that writes is known as such: %j', (command) => {
		expect(parseStatement(json(command)).isWrite).toBe(true);
	});

	it.each([
		['nothing', ''],
		['no document', '[]'],
		['no document', 'null'],
		['no JSON', '{find: "c"}'],
		['no JSON', 'db.c.find({})'],
		['no command', '{}'],
		['a foreign command', json({ dropDatabase: 1 })],
		['a foreign command', json({ drop: 'c' })],
		['a foreign command', json({ createUser: 'x', pwd: 'y', roles: ['root'] })],
		['a foreign command', json({ eval: 'x' })],
		['a foreign command', json({ mapReduce: 'c', map: 'x', reduce: 'y', out: 'z' })],
		['a foreign command', json({ explain: { find: 'c' } })],
		['a command that is not first', json({ filter: {}, find: 'c' })],
		['two commands', json({ find: 'c', drop: 'c' })],
		['another database', json({ find: 'c', $db: 'admin' })],
		['a session', json({ find: 'c', lsid: { id: 1 } })],
		['its own time', json({ find: 'c', maxTimeMS: 0 })],
		['a tailing cursor', json({ find: 'c', tailable: true, awaitData: true })],
		['no collection', json({ find: '' })],
		['the whole database', json({ aggregate: 1, pipeline: [] })],
		['an object for a name', json({ find: { $ne: 1 } })],
		['a server collection', json({ find: 'system.users' })],
		['a server collection', stage({ $lookup: { from: 'system.users', as: 'x' } })],
		['code', json({ find: 'c', filter: { $where: 'sleep(1000)' } })],
		['code', json({ find: 'c', filter: { a: [{ $where: '1' }] } })],
		['code', json({ find: 'c', filter: { a: { $code: 'x' } } })],
		['code', json({ find: 'c', filter: { $expr: { $function: { body: 'x', args: [], lang: 'js' } } } })],
		['code', stage({ $group: { _id: null, x: { $accumulator: {} } } })],
		['code', json({ update: 'c', updates: [{ q: { $where: '1' }, u: {} }] })],
		['a stage that writes', stage({ $out: 'x' })],
		['a stage that writes', stage({ $merge: { into: 'x' } })],
		['a stage that writes', stage({ $lookup: { from: 'd', as: 'x', pipeline: [{ $out: 'x' }] } })],
		['a stage that writes', stage({ $facet: { a: [{ $merge: 'x' }] } })],
		['a stage of the server', stage({ $currentOp: {} })],
		['a stage of the server', stage({ $listSessions: {} })],
		['a stage of the server', stage({ $changeStream: {} })],
		['a stage of the server', stage({ $facet: { a: [{ $indexStats: {} }] } })],
		['a stage of the server', stage({ $unionWith: { coll: 'd', pipeline: [{ $currentOp: {} }] } })],
		['another database', stage({ $lookup: { from: { db: 'admin', coll: 'x' }, as: 'x' } })],
		['another database', stage({ $unionWith: { db: 'admin', coll: 'x' } })],
		['two stages in one', stage({ $match: {}, $out: 'x' })],
		['an empty stage', stage({})],
		['no pipeline', json({ aggregate: 'c' })],
		['no pipeline', json({ aggregate: 'c', pipeline: { $out: 'x' } })],
		['a deep one', `{"find":"c","filter":${'{"a":'.repeat(200)}1${'}'.repeat(200)}}`],
		['a very deep one', `{"find":"c","filter":${'['.repeat(40_000)}${']'.repeat(40_000)}}`],
		['a long one', json({ find: 'c', filter: { a: 'x'.repeat(100_001) } })],
	])('with %s is refused: %s', (_, text) => {
		expect(refusalOf(text)?.length).toBeGreaterThan(5);
	});

	it('of any hostile text is refused and nothing else happens', () => {
		for (const { value } of hostileStrings) {
			expect([value, typeof refusalOf(value)]).toEqual([value, 'string']);
			const asCommand = refusalOf(json({ [value]: 'c' }));
			expect([value, typeof asCommand]).toEqual([value, 'string']);
			const filtered = parseStatement(json({ find: 'c', filter: { a: value } }));
			expect(filtered.fields).toEqual({ filter: { a: value } });
		}
	});

	it('with a collection of __proto__ touches nothing', () => {
		expect(refusalOf('{"__proto__": {"find": "c"}}')).not.toBeNull();
		const { fields } = parseStatement('{"find": "c", "filter": {"__proto__": {"isWrite": true}}}');
		expect(Object.keys(fields)).toEqual(['filter']);
		expect('isWrite' in {}).toBe(false);
	});
});
