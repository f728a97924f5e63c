import { describe, expect, it } from 'vitest';
import {
	dayAtHome,
	dayShown,
	filterCount,
	filterInput,
	filtersHref,
	filtersIn,
	isFiltered,
	noFilters,
	unfiltered,
} from './filters';

const read = (query: string) => filtersIn(new URLSearchParams(query));

describe('filters of the activity page', () => {
	it('come back from the address they were put in', () => {
		const filters = {
			of: 'instance',
			actor: 'ada+test@example.com',
			action: 'databases.create',
			outcome: 'failed',
			from: '2026-11-01T00:00:00+03:00',
			until: '2026-11-24T00:00:00+03:00',
			search: 'a&b=c #1 %',
		} as const;
		expect(read(filtersHref(filters).split('?')[1] ?? '')).toEqual(filters);
	});

	it('leave the bare address when nothing is filtered', () => {
		expect(filtersHref(noFilters)).toBe('/activity');
		expect(isFiltered(read(''))).toBe(false);
	});

	it('leave nothing out by choosing the record alone', () => {
		const filters = read('of=instance');
		expect({ isFiltered: isFiltered(filters), count: filterCount(filters) }).toEqual({
			isFiltered: false,
			count: 0,
		});
		expect(filterInput(filters)).toEqual({});
		expect(filtersHref(unfiltered(read('of=instance&q=x&actor=y')))).toBe('/activity?of=instance');
	});

	it.each([
		'of=everything',
		'outcome=good',
		'from=yesterday',
		'until=2026-13-45',
		'from=2026-11-24T10:00:00Z',
		'q=%20%20',
	])('pass over %s', (query) => {
		expect(read(query)).toEqual(noFilters);
	});

	it('count both days whole', () => {
		const input = filterInput(read('from=2026-11-01&until=2026-11-02'));
		expect(input).toEqual({
			since: new Date('2026-11-01T00:00:00Z'),
			until: new Date('2026-11-03T00:00:00Z'),
		});
	});

	it('hold a day with the zone of who chose it', () => {
		const day = dayAtHome('2026-11-24');
		expect(dayShown(day)).toBe('2026-11-24');
		expect(Date.parse(day)).toBe(new Date('2026-11-24T00:00:00').getTime());
		expect(dayAtHome('')).toBe('');
	});
});
