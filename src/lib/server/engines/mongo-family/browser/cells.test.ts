import { BSON } from 'mongodb';
import { describe, expect, it } from 'vitest';
import { cellOf, tableOf, typeOf } from './cells';
import { afterId } from './rows';
import { take } from './take';

const id = new BSON.ObjectId('507f1f77bcf86cd799439011');

describe('a cell', () => {
	it.each([
		[null, null, 'null'],
		[undefined, null, 'null'],
		['', '', 'string'],
		['a "quoted" word', 'a "quoted" word', 'string'],
		[true, 'true', 'bool'],
		[7, '7', 'int'],
		[1.5, '1.5', 'double'],
		[-0, '-0', 'int'],
		[Number.NaN, 'NaN', 'double'],
		[BSON.Long.fromString('9007199254740993'), '9007199254740993', 'long'],
		[BSON.Decimal128.fromString('0.10'), '0.10', 'decimal'],
		[id, '507f1f77bcf86cd799439011', 'objectId'],
		[new Date(0), '1970-01-01T00:00:00.000Z', 'date'],
		[new Date(Number.NaN), 'Invalid Date', 'date'],
		[{ a: 1 }, '{"a":1}', 'object'],
		[[1, 'a', null], '[1,"a",null]', 'array'],
		[
			{ big: BSON.Long.fromString('9007199254740993') },
			'{"big":{"$numberLong":"9007199254740993"}}',
			'object',
		],
		[[id], '[{"$oid":"507f1f77bcf86cd799439011"}]', 'array'],
		[new BSON.Binary(Buffer.from('hi')), '{"$binary":{"base64":"aGk=","subType":"00"}}', 'binData'],
		[new BSON.BSONRegExp('a', 'i'), '{"$regularExpression":{"pattern":"a","options":"i"}}', 'regex'],
		[new BSON.MinKey(), '{"$minKey":1}', 'minKey'],
		[new BSON.Timestamp({ t: 1, i: 2 }), '{"$timestamp":{"t":1,"i":2}}', 'timestamp'],
	])('of %o reads %j', (value, text, type) => {
		expect(cellOf(value)).toBe(text);
		expect(typeOf(value)).toBe(type);
	});

	it('is cut at a thousand characters', () => {
		expect(cellOf('x'.repeat(1_000))).toHaveLength(1_000);
		expect(cellOf('x'.repeat(1_001))).toBe(`${'x'.repeat(999)}…`);
		expect(cellOf({ a: 'x'.repeat(5_000) })).toHaveLength(1_000);
	});
});

describe('a table of documents', () => {
	it('has a column for each field, the id first, and a type where all agree', () => {
		const documents = [
			{ b: 1, _id: 1 },
			{ _id: 2, a: 'x', b: 'y' },
			{ _id: 3, b: null, a: 'z' },
		];
		expect(tableOf(documents)).toEqual({
			columns: [
				{ name: '_id', type: 'int' },
				{ name: 'b', type: null },
				{ name: 'a', type: 'string' },
			],
			rows: [
				['1', '1', null],
				['2', 'y', 'x'],
				['3', null, 'z'],
			],
		});
		expect(tableOf([])).toEqual({ columns: [], rows: [] });
	});

	it('gathers fields beyond the fortieth in one column', () => {
		const wide = Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`f${index}`, index]));
		const { columns, rows } = tableOf([wide, { f0: 1 }]);
		expect(columns).toHaveLength(41);
		expect(columns.at(-1)).toEqual({ name: '…', type: 'object' });
		expect(rows[0]?.at(-1)).toBe(
			'{"f40":40,"f41":41,"f42":42,"f43":43,"f44":44,"f45":45,"f46":46,"f47":47,"f48":48,"f49":49}',
		);
		expect(rows[1]?.at(-1)).toBeNull();
	});

	it('takes no longer the more names the other documents have', () => {
		const documents = Array.from({ length: 1_000 }, (_, row) =>
			Object.fromEntries(Array.from({ length: 150 }, (_, at) => [`field_${row}_${at}`, at])),
		);
		const startedAt = performance.now();
		const { columns, rows } = tableOf([...documents, { _id: 7 }]);
		expect(performance.now() - startedAt).toBeLessThan(3_000);
		expect(columns.map(({ name }) => name).slice(0, 2)).toEqual(['_id', 'field_0_0']);
		expect(columns).toHaveLength(41);
		expect(rows[999]?.at(-1)).toMatch(/^\{"field_999_0":0,/);
		expect(rows[1_000]).toEqual(['7', ...Array.from({ length: 40 }, () => null)]);
	});

	it('is not fooled by names that objects have', () => {
		const document: Record<string, unknown> = JSON.parse('{"__proto__": 1, "constructor": 2, "_id": 3}');
		const { columns, rows } = tableOf([document, { _id: 4 }]);
		expect(columns.map((one) => one.name)).toEqual(['_id', '__proto__', 'constructor']);
		expect(rows).toEqual([
			['3', '1', '2'],
			['4', null, null],
		]);
	});
});

describe('a page', () => {
	it('goes on with greater ids of the same type and all of later types', () => {
		expect(afterId('x')).toEqual({
			$or: [
				{ _id: { $gt: 'x' } },
				{ _id: { $type: ['object', 'binData', 'objectId', 'bool', 'date', 'timestamp', 'maxKey'] } },
			],
		});
		expect(afterId(new BSON.MaxKey())).toEqual({ $or: [{ _id: { $gt: new BSON.MaxKey() } }] });
		expect(JSON.stringify(afterId(new BSON.Int32(1)))).toContain('"symbol","string","object"');
	});

	async function* documents(count: number, bytes: number) {
		for (let index = 0; index < count; index += 1) yield { _id: index, x: 'x'.repeat(bytes) };
	}

	it('ends early when documents are large, but has one at least', async () => {
		const large = await take(documents(10, 3_000_000), 5);
		expect([large.documents.length, large.isCut]).toEqual([3, true]);
		const one = await take(documents(1, 10_000_000), 5);
		expect([one.documents.length, one.isCut]).toEqual([1, false]);
		const exact = await take(documents(5, 1), 5);
		expect([exact.documents.length, exact.isCut]).toEqual([5, false]);
	});
});
