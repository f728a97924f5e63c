import { m } from '$lib/i18n/generated/messages';
import { toasts } from '$lib/state/toasts.svelte';

/**
 * A component that is fetched when it is first needed. What floats over a page (dialogs, menus, the palette) is most of the code
 * of a first visit and mostly not opened during it.
 */
export class Lazy<T> {
	current = $state.raw<T>();
	readonly #fetch: () => Promise<{ default: T }>;
	#asked = false;

	constructor(fetch: () => Promise<{ default: T }>) {
		this.#fetch = fetch;
	}

	/** Fetches it once; `current` has it afterwards. Without a connection a toast says so, and the next call tries again. */
	load(): void {
		if (this.#asked) return;
		this.#asked = true;
		this.#fetch()
			.then((module) => {
				this.current = module.default;
			})
			.catch(() => {
				this.#asked = false;
				toasts.danger(m.error_network());
			});
	}

	/** For the button of a menu that is not here yet: a press, or the arrow down that opens menus, fetches it. */
	readonly triggerProps: Record<string, unknown> = {
		'aria-haspopup': 'menu',
		'aria-expanded': 'false',
		onclick: () => this.load(),
		onkeydown: (event: KeyboardEvent) => {
			if (event.key !== 'ArrowDown') return;
			event.preventDefault();
			this.load();
		},
	};
}
