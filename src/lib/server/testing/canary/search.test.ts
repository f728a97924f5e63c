import fc from 'fast-check';
import { expect, it } from 'vitest';
import { findLeaks } from './sinks';
import { Search } from './search';

const needle = fc.string({
	unit: fc.constantFrom('a', 'b', 'é', '\ud83d', '\u0000'),
	minLength: 4,
	maxLength: 7,
});
const text = fc.string({ unit: fc.constantFrom('a', 'b', 'é', '\ud83d', '\u0000'), maxLength: 60 });

it('finds exactly what one look for each needle finds', () => {
	fc.assert(
		fc.property(fc.uniqueArray(needle, { minLength: 1, maxLength: 20 }), text, (needles, within) => {
			const search = new Search(needles.map((one) => ({ text: one, meaning: one })));
			expect([...search.in(within)].sort()).toEqual(needles.filter((one) => within.includes(one)).sort());
		}),
		{ numRuns: 2_000 },
	);
});

it('tells which secret stands in which text, in whatever form', () => {
	const secrets = new Map([
		['one', 'a first secret'],
		['two', 'the "second" one'],
	]);
	const sinks = [
		{ name: 'clear', text: 'x a first secret x' },
		{ name: 'coded', text: `x ${Buffer.from('user:a first secret').toString('base64')} x` },
		{ name: 'quoted', text: JSON.stringify(JSON.stringify({ password: 'the "second" one' })) },
		{
			name: 'both',
			text: `${encodeURIComponent('the "second" one')} ${Buffer.from('a first secret').toString('hex')}`,
		},
		{ name: 'none', text: 'x a first and the second one x' },
		{ name: 'empty', text: '' },
	];
	expect(findLeaks(sinks, secrets)).toEqual([
		{ secret: 'one', sink: 'clear' },
		{ secret: 'one', sink: 'coded' },
		{ secret: 'two', sink: 'quoted' },
		{ secret: 'one', sink: 'both' },
		{ secret: 'two', sink: 'both' },
	]);
});

it('takes no needle that would match ordinary words', () => {
	expect(() => new Search([{ text: 'abc', meaning: 1 }])).toThrow('too short');
});
