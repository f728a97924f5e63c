import { goto } from '$app/navigation';
import { page } from '$app/state';

const patienceMs = 200;

/** What says in an address where a page of rows begins; a new filter begins anew. */
const cursors = ['after', 'columns', 'rows'] as const;
export type CursorKey = (typeof cursors)[number];

/** Writes one filter into the address, where a link or a reload finds it again; the page's first rows are shown anew. */
export function setFilter(key: string, value: string): void {
	const url = new URL(page.url);
	if (value === '') url.searchParams.delete(key);
	else url.searchParams.set(key, value);
	for (const cursor of cursors) url.searchParams.delete(cursor);
	void goto(url, { keepFocus: true, noScroll: true, replaceState: true });
}

/** The same once the person stops typing. */
export function typedFilter(key: string): (value: string) => void {
	let timer: ReturnType<typeof setTimeout> | undefined;
	return (value) => {
		clearTimeout(timer);
		timer = setTimeout(() => setFilter(key, value.trim()), patienceMs);
	};
}

/** The address of the page that begins after `cursor`; null is the first one. A page may have several lists, each with its own key. */
export function pageAfter(url: URL, cursor: string | null, key: CursorKey = 'after'): string {
	const next = new URL(url);
	if (cursor === null) next.searchParams.delete(key);
	else next.searchParams.set(key, cursor);
	return `${next.pathname}${next.search}`;
}
