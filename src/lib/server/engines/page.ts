import { AppError } from '../errors';

export type PageRequest = {
	search?: string | undefined;
	cursor?: string | undefined;
	limit?: number | undefined;
};
export type Page<T> = { items: T[]; nextCursor: string | null; total: number };

const defaultLimit = 50;

/** What is given as `cursor` is no place where a page of ours ended: begun at the start, a script would read the same page for ever. */
export function badCursor(cause?: unknown): AppError {
	return new AppError('BAD_INPUT', { cause, field: 'cursor', details: { field: 'cursor' } });
}

function compare(a: string, b: string): number {
	return a < b ? -1 : a > b ? 1 : 0;
}

/** In the order of pages. */
export function byName<T extends { name: string }>(all: T[]): T[] {
	return all.toSorted((a, b) => compare(a.name, b.name));
}

/**
 * One page of what an engine lists in full, by name. `search` is part of the name, or of `textOf` it, in any case; `cursor` is the last
 * name of the page
 * before, so that names added or removed meanwhile shift nothing.
 */
export function pageOf<T extends { name: string }>(
	all: T[],
	request: PageRequest = {},
	textOf: (item: T) => string = ({ name }) => name,
): Page<T> {
	const needle = request.search?.toLowerCase() ?? '';
	const matching = all
		.filter((item) => textOf(item).toLowerCase().includes(needle))
		.sort((a, b) => compare(a.name, b.name));
	const { cursor } = request;
	const rest = cursor === undefined ? matching : matching.filter((item) => compare(item.name, cursor) > 0);
	const items = rest.slice(0, request.limit ?? defaultLimit);
	const last = items.at(-1);
	return {
		items,
		nextCursor: last !== undefined && rest.length > items.length ? last.name : null,
		total: matching.length,
	};
}
