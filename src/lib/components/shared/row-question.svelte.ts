/** What a person asks to do with a row of a list, until its dialog closes; the row stays known while the dialog goes. */
export class RowQuestion<Row, Action extends string> {
	row = $state.raw<Row>();
	#action = $state<Action>();

	ask(row: Row, action: Action): void {
		this.row = row;
		this.#action = action;
	}

	is(action: Action): boolean {
		return this.#action === action;
	}

	/** For a dialog to bind its `open` to; closing one that another has followed changes nothing. */
	set(action: Action, isOpen: boolean): void {
		if (isOpen) this.#action = action;
		else if (this.#action === action) this.#action = undefined;
	}
}
