const fields =
	'[data-dialog-body] :is(input:not([type=hidden]), textarea, select, [role=combobox], [role=checkbox], [role=radio][tabindex="0"]):not(:disabled)';

/**
 * Where focus goes when a dialog opens: to its first field, else to its harmless button (`data-dialog-safe`), else to the dialog
 * itself; never to the cross in its corner, which comes first in the markup.
 */
export function focusOnOpen(event: Event, dialog: () => HTMLElement | null): void {
	event.preventDefault();
	requestAnimationFrame(() => {
		const root = dialog();
		if (!root || root.contains(document.activeElement)) return;
		const target =
			root.querySelector<HTMLElement>(fields) ??
			root.querySelector<HTMLElement>('[data-dialog-safe]') ??
			root;
		target.focus();
	});
}
