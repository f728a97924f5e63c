import { describe, expect, it } from 'vitest';
import { isAppError } from '../../../errors';
import { hostileStrings } from '../../../testing/hostile-strings';
import { parseStatement } from './statement';

function refusalOf(text: string): string | null {
	try {
		parseStatement(text);
		return null;
	} catch (error) {
		if (isAppError(error, 'QUERY_NOT_ALLOWED')) return String(error.details.reason);
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
		['nothing', 'notJson', ''],
		['no document', 'notDocument', '[]'],
		['no document', 'notDocument', 'null'],
		['no JSON', 'notJson', '{find: "c"}'],
		['no JSON', 'notJson', 'db.c.find({})'],
		['no command', 'unknownCommand', '{}'],
		['a foreign command', 'unknownCommand', json({ dropDatabase: 1 })],
		['a foreign command', 'unknownCommand', json({ drop: 'c' })],
		['a foreign command', 'unknownCommand', json({ createUser: 'x', pwd: 'y', roles: ['root'] })],
		['a foreign command', 'unknownCommand', json({ eval: 'x' })],
		['a foreign command', 'unknownCommand', json({ mapReduce: 'c', map: 'x', reduce: 'y', out: 'z' })],
		['a foreign command', 'unknownCommand', json({ explain: { find: 'c' } })],
		['a command that is not first', 'unknownCommand', json({ filter: {}, find: 'c' })],
		['two commands', 'unknownField', json({ find: 'c', drop: 'c' })],
		['another database', 'unknownField', json({ find: 'c', $db: 'admin' })],
		['a session', 'unknownField', json({ find: 'c', lsid: { id: 1 } })],
		['its own time', 'unknownField', json({ find: 'c', maxTimeMS: 0 })],
		['a tailing cursor', 'unknownField', json({ find: 'c', tailable: true, awaitData: true })],
		['no collection', 'notDocument', json({ find: '' })],
		['the whole database', 'notDocument', json({ aggregate: 1, pipeline: [] })],
		['an object for a name', 'notDocument', json({ find: { $ne: 1 } })],
		['a server collection', 'systemCollection', json({ find: 'system.users' })],
		['a server collection', 'systemCollection', stage({ $lookup: { from: 'system.users', as: 'x' } })],
		['code', 'wordRefused', json({ find: 'c', filter: { $where: 'sleep(1000)' } })],
		['code', 'wordRefused', json({ find: 'c', filter: { a: [{ $where: '1' }] } })],
		['code', 'wordRefused', json({ find: 'c', filter: { a: { $code: 'x' } } })],
		[
			'code',
			'wordRefused',
			json({ find: 'c', filter: { $expr: { $function: { body: 'x', args: [], lang: 'js' } } } }),
		],
		['code', 'wordRefused', stage({ $group: { _id: null, x: { $accumulator: {} } } })],
		['code', 'wordRefused', json({ update: 'c', updates: [{ q: { $where: '1' }, u: {} }] })],
		['a stage that writes', 'wordRefused', stage({ $out: 'x' })],
		['a stage that writes', 'wordRefused', stage({ $merge: { into: 'x' } })],
		[
			'a stage that writes',
			'wordRefused',
			stage({ $lookup: { from: 'd', as: 'x', pipeline: [{ $out: 'x' }] } }),
		],
		['a stage that writes', 'wordRefused', stage({ $facet: { a: [{ $merge: 'x' }] } })],
		['a stage of the server', 'wordRefused', stage({ $currentOp: {} })],
		['a stage of the server', 'wordRefused', stage({ $listSessions: {} })],
		['a stage of the server', 'wordRefused', stage({ $changeStream: {} })],
		['a stage of the server', 'wordRefused', stage({ $facet: { a: [{ $indexStats: {} }] } })],
		[
			'a stage of the server',
			'wordRefused',
			stage({ $unionWith: { coll: 'd', pipeline: [{ $currentOp: {} }] } }),
		],
		['another database', 'otherDatabase', stage({ $lookup: { from: { db: 'admin', coll: 'x' }, as: 'x' } })],
		['another database', 'otherDatabase', stage({ $unionWith: { db: 'admin', coll: 'x' } })],
		['two stages in one', 'pipelineShape', stage({ $match: {}, $limit: 1 })],
		['two stages in one', 'wordRefused', stage({ $match: {}, $out: 'x' })],
		['an empty stage', 'pipelineShape', stage({})],
		['no pipeline', 'pipelineShape', json({ aggregate: 'c' })],
		['no pipeline', 'wordRefused', json({ aggregate: 'c', pipeline: { $out: 'x' } })],
		['a deep one', 'tooDeep', `{"find":"c","filter":${'{"a":'.repeat(200)}1${'}'.repeat(200)}}`],
		['a very deep one', 'notJson', `{"find":"c","filter":${'['.repeat(40_000)}${']'.repeat(40_000)}}`],
		['a long one', 'statementTooLong', json({ find: 'c', filter: { a: 'x'.repeat(100_001) } })],
	])('with %s is refused: %s', (_, reason, text) => {
		expect(refusalOf(text)).toBe(reason);
	});

	it('that is refused says what is wrong with it', () => {
		const detailsOf = (text: string) => {
			try {
				return parseStatement(text);
			} catch (error) {
				return isAppError(error) ? error.details : error;
			}
		};
		expect(detailsOf('{"find": "c", filter: {}}')).toEqual({ reason: 'notJson', position: 15 });
		expect(detailsOf('db.c.find({})')).toEqual({ reason: 'notJson', position: null });
		expect(detailsOf(json({ count: 'c', $db: 'admin' }))).toEqual({
			...{ reason: 'unknownField', command: 'count', field: '$db' },
			allowed: 'query, skip, limit, collation, hint',
		});
		const long = detailsOf(stage({ ['$'.repeat(5_000)]: 1 }));
		expect(long).toEqual({ reason: 'wordRefused', word: `${'$'.repeat(99)}…` });
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
