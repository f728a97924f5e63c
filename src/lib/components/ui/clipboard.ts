/**
 * Puts text on the clipboard. The modern way exists only on https and localhost; a panel is often first opened by
 * its bare address, where the old command still works.
 * @throws Error when the browser refuses both
 */
export async function writeClipboard(text: string): Promise<void> {
	if (window.isSecureContext && 'clipboard' in navigator) {
		await navigator.clipboard.writeText(text);
		return;
	}
	const area = document.createElement('textarea');
	area.value = text;
	area.setAttribute('readonly', '');
	area.style.position = 'fixed';
	area.style.opacity = '0';
	// Inside an open dialog: its focus trap would take the selection away from an element outside.
	const host = document.activeElement?.closest('[role="dialog"],[role="alertdialog"]') ?? document.body;
	const before = document.activeElement;
	host.append(area);
	area.select();
	const done = document.execCommand('copy');
	area.remove();
	if (before instanceof HTMLElement) before.focus({ preventScroll: true });
	if (!done) throw new Error('The browser refused to copy');
}
