import type { RouterInputs } from '$lib/trpc/client';

type ListInput = RouterInputs['activity']['list'];
export type ActivityOutcome = NonNullable<ListInput['outcome']>;

/** How an action ended; `pending`: it has not yet. */
export const outcomes = [
	'succeeded',
	'failed',
	'denied',
	'interrupted',
	'pending',
] as const satisfies readonly ActivityOutcome[];

/** What the address says should be shown; empty text where it says nothing. */
export type Filters = {
	/** Whose record: the open project's, or what belongs to none. */
	of: 'instance' | '';
	actor: string;
	action: string;
	outcome: ActivityOutcome | '';
	/** The first and the last day, each as its midnight with the zone of who chose it: `2026-11-24T00:00:00+03:00`. */
	from: string;
	until: string;
	search: string;
};

export const noFilters: Filters = {
	of: '',
	actor: '',
	action: '',
	outcome: '',
	from: '',
	until: '',
	search: '',
};

const dayMs = 24 * 60 * 60_000;
const dayStart = /^\d{4}-\d{2}-\d{2}(T00:00:00([+-]\d{2}:\d{2}|Z))?$/;

const textIn = (params: URLSearchParams, key: string) => (params.get(key) ?? '').trim().slice(0, 200);

function dayIn(params: URLSearchParams, key: string): string {
	const value = textIn(params, key);
	return dayStart.test(value) && !Number.isNaN(Date.parse(value)) ? value : '';
}

/** The filters that an address asks for; what makes no sense counts as not asked. */
export function filtersIn(params: URLSearchParams): Filters {
	return {
		of: params.get('of') === 'instance' ? 'instance' : '',
		actor: textIn(params, 'actor'),
		action: textIn(params, 'action'),
		outcome: outcomes.find((outcome) => outcome === params.get('outcome')) ?? '',
		from: dayIn(params, 'from'),
		until: dayIn(params, 'until'),
		search: textIn(params, 'q'),
	};
}

/** The address that shows these filters. */
export function filtersHref(filters: Filters): string {
	const { search, ...named } = filters;
	const params = new URLSearchParams(
		Object.entries({ ...named, q: search }).filter(([, value]) => value !== ''),
	);
	const query = params.toString();
	return query === '' ? '/activity' : `/activity?${query}`;
}

/** The whole of the same record. */
export function unfiltered({ of }: Filters): Filters {
	return { ...noFilters, of };
}

/** How many filters leave something out of view, the search apart. */
export function filterCount({ of: _of, search: _search, ...chosen }: Filters): number {
	return Object.values(chosen).filter((value) => value !== '').length;
}

/** True when anything is left out of view. */
export function isFiltered(filters: Filters): boolean {
	return filters.search !== '' || filterCount(filters) > 0;
}

/** The filters as the API takes them; both days are included whole. */
export function filterInput(filters: Filters): Omit<ListInput, 'projectId' | 'cursor' | 'limit'> {
	const { actor, action, outcome, from, until, search } = filters;
	return {
		...(actor === '' ? {} : { actor }),
		...(action === '' ? {} : { action }),
		...(outcome === '' ? {} : { outcome }),
		...(from === '' ? {} : { since: new Date(from) }),
		...(until === '' ? {} : { until: new Date(Date.parse(until) + dayMs) }),
		...(search === '' ? {} : { search }),
	};
}

/** A day of this browser's calendar as the address holds it; `day` as a date input gives it, or empty. */
export function dayAtHome(day: string): string {
	if (day === '') return '';
	const minutes = -new Date(`${day}T00:00:00`).getTimezoneOffset();
	const two = (value: number) => String(Math.trunc(value)).padStart(2, '0');
	const distance = Math.abs(minutes);
	return `${day}T00:00:00${minutes < 0 ? '-' : '+'}${two(distance / 60)}:${two(distance % 60)}`;
}

/** What a date input shows for a day in the address. */
export function dayShown(day: string): string {
	return day.slice(0, 10);
}
