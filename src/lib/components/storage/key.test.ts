import { expect, it } from 'vitest';
import { endOf, keyLifetimes, levelIn, levels, rightsOf } from './key';

it('tells every set of rights from the others', () => {
	expect(new Set(levels.map((level) => JSON.stringify(rightsOf[level]))).size).toBe(8);
	for (const level of levels) {
		const permissions = [{ bucket: 'shop', ...rightsOf[level] }];
		expect(levelIn({ permissions }, 'shop')).toBe(level);
		expect(levelIn({ permissions }, 'other')).toBe('none');
	}
});

it('ends keys after whole days, or never', () => {
	expect(keyLifetimes.map((lifetime) => endOf(lifetime, 0)?.getTime() ?? null)).toEqual([
		...[null, 604_800_000, 2_592_000_000, 7_776_000_000, 31_536_000_000],
	]);
});
