/** A column of Table. The rows' cells are drawn by the table's `cell` snippet. */
export type Column<Key extends string = string> = {
	key: Key;
	label: string;
	/** Numbers stand at the end. */
	align?: 'start' | 'end';
	/** Any CSS width. */
	width?: string;
	/**
	 * Where the cell stands at 390 px: `title` begins the first line (the default of the first column), `end` ends
	 * the first line, `meta` goes to the second (the default of the others), `hide` is left out.
	 */
	mobile?: 'title' | 'end' | 'meta' | 'hide';
	/** At 390 px the column's label stands before a bare number. */
	mobileLabel?: boolean;
	/** The label is for screen readers only, such as that of a column of buttons. */
	labelHidden?: boolean;
	sortable?: boolean;
};

export type Sort<Key extends string = string> = { key: Key; direction: 'asc' | 'desc' };
