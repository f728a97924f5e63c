import { describe, expect, it } from 'vitest';
import { dataAddress, tableText } from './browse';

describe('browsing', () => {
	it('keeps any name whole in an address', () => {
		const address = new URL(dataAddress('svc_1', `a'b"c$(id)&x=1`, 'public."or/der"'), 'http://sh0');
		expect(address.searchParams.get('database')).toBe(`a'b"c$(id)&x=1`);
		expect(address.searchParams.get('collection')).toBe('public."or/der"');
	});

	it('puts rows on the clipboard without breaking cells apart', () => {
		const columns = [
			{ name: 'id', type: null },
			{ name: 'what', type: null },
		];
		expect(
			tableText({
				columns,
				rows: [
					['1', 'two\tand\nthree'],
					['2', null],
				],
			}),
		).toBe('id\twhat\n1\ttwo and three\n2\t');
	});
});
