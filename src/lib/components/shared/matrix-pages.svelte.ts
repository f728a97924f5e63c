import { page } from '$app/state';
import { pageAfter, typedFilter } from '$lib/state/query.svelte';

/** Which part of a matrix the address asks for: its filters, and whether it begins at the first row and column. */
export type MatrixPart = { search: string; within: string; isFirstPage: boolean; isFirstColumns: boolean };
/** Where the next rows and columns begin; null or undefined where there are none. */
export type MatrixRest = { rows: string | null | undefined; columns: string | null | undefined };

type Source = {
	/** The filter of the columns in the address. */
	columnsKey: string;
	/** What the load says now. */
	part: () => MatrixPart;
	rest: () => MatrixRest;
};

/** What part of a matrix is shown, whether there is more of it, and the ways to it. */
export class MatrixPages {
	readonly #part: () => MatrixPart;
	readonly #rest: () => MatrixRest;

	/** The addresses of the columns before and after these; undefined where there are none. */
	readonly firstColumns = $derived.by(() =>
		this.#part().isFirstColumns ? undefined : pageAfter(page.url, null, 'columns'),
	);
	readonly nextColumns = $derived.by(() => {
		const { columns } = this.#rest();
		return columns ? pageAfter(page.url, columns, 'columns') : undefined;
	});
	readonly hasMoreColumns = $derived.by(
		() => this.within !== '' || this.firstColumns !== undefined || this.nextColumns !== undefined,
	);
	readonly hasMoreRows = $derived.by(
		() => this.search !== '' || !this.#part().isFirstPage || Boolean(this.#rest().rows),
	);

	/** Write what is typed into the address. */
	readonly searchRows = typedFilter('search');
	readonly searchColumns: (text: string) => void;

	constructor({ columnsKey, part, rest }: Source) {
		this.#part = part;
		this.#rest = rest;
		this.searchColumns = typedFilter(columnsKey);
	}

	/** What is looked for among the rows. */
	get search(): string {
		return this.#part().search;
	}

	/** The same among the columns. */
	get within(): string {
		return this.#part().within;
	}
}
