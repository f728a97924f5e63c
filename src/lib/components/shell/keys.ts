import { browser } from '$app/environment';

/** True on Apple's keyboards, where Cmd takes the place of Ctrl. The server cannot know and says Ctrl. */
const isApple = browser && /Mac|iPhone|iPad/.test(navigator.userAgent);

/** How the palette's shortcut is written on this keyboard. */
export function paletteKeys(): string {
	return isApple ? '⌘ K' : 'Ctrl K';
}

/** True for Ctrl-K and Cmd-K. */
export function isPaletteKey(event: KeyboardEvent): boolean {
	return (
		(event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && event.key.toLowerCase() === 'k'
	);
}
