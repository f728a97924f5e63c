import { m } from '$lib/i18n/generated/messages';
import { toasts } from './toasts.svelte';

/** Says that sh0 does not answer for as long as any read waits for it. */
class Connection {
	#waiting = 0;
	#toastId = 0;

	readonly onLost = (): void => {
		this.#waiting += 1;
		if (this.#waiting > 1) return;
		const news = { title: m.connection_lost(), text: m.connection_lost_text(), timeoutMs: 0 };
		this.#toastId = toasts.add({ tone: 'warning', ...news });
	};

	readonly onBack = (): void => {
		this.#waiting -= 1;
		if (this.#waiting === 0) toasts.dismiss(this.#toastId);
	};
}

export const connection = new Connection();
