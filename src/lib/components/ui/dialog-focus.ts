const fields =
	'[data-dialog-body] :is(input:not([type=hidden]), textarea, select, [role=combobox], [role=checkbox], [role=radio][tabindex="0"]):not(:disabled)';

/** Where focus goes when a dialog opens, and when it closes or is taken out of the page. */
export class DialogFocus {
	readonly #dialog: () => HTMLElement | null;
	/** What the dialog was opened from. */
	#opener: Element | null = null;

	constructor(dialog: () => HTMLElement | null) {
		this.#dialog = dialog;
	}

	/** To its first field, else to its harmless button (`data-dialog-safe`), else to the dialog itself; never to the cross in its corner, which comes first in the markup. */
	readonly onOpen = (event: Event): void => {
		this.#opener = document.activeElement;
		event.preventDefault();
		requestAnimationFrame(() => {
			const root = this.#dialog();
			if (!root || root.contains(document.activeElement)) return;
			const target =
				root.querySelector<HTMLElement>(fields) ??
				root.querySelector<HTMLElement>('[data-dialog-safe]') ??
				root;
			target.focus();
		});
	};

	/**
	 * Back to where it was opened from. That may have gone by then, such as the button of an empty list or the row that was deleted: then to
	 * what has its id now, else to the page's main part.
	 */
	readonly onClose = (): void => {
		const opener = this.#opener;
		if (!opener) return;
		this.#opener = null;
		const dialog = this.#dialog();
		// The closing dialog still has it while it fades.
		const isLost = () => {
			const has = document.activeElement;
			return has === null || has === document.body || dialog?.contains(has) === true;
		};
		requestAnimationFrame(() => {
			for (const next of [opener.id, 'main'])
				if (next && isLost()) document.getElementById(next)?.focus({ preventScroll: true });
		});
	};
}
