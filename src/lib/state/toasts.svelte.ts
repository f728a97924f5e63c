export type ToastTone = 'info' | 'success' | 'warning' | 'danger';

export type ToastInput = {
	tone?: ToastTone;
	title: string;
	text?: string;
	/** Where the toast leads, such as to the operation that ended. */
	action?: { label: string; href: string };
	/** How long it stays; 0 keeps it until it is dismissed. */
	timeoutMs?: number;
};

export type Toast = Required<Pick<ToastInput, 'tone' | 'title' | 'timeoutMs'>> &
	Omit<ToastInput, 'tone' | 'title' | 'timeoutMs'> & { id: number };

const defaultTimeoutMs = 6000;
const most = 4;

/** Short news about what ended elsewhere. The Toaster in the root layout draws them. */
class Toasts {
	list = $state.raw<readonly Toast[]>([]);
	#nextId = 1;

	/** Shows one; what failed stays until it is dismissed. Gives its id. */
	add(input: ToastInput): number {
		const tone = input.tone ?? 'info';
		const timeoutMs = input.timeoutMs ?? (tone === 'danger' ? 0 : defaultTimeoutMs);
		const toast: Toast = { ...input, tone, timeoutMs, id: this.#nextId++ };
		this.list = [...this.list, toast].slice(-most);
		return toast.id;
	}

	success(title: string, text?: string): number {
		return this.add({ tone: 'success', title, ...(text === undefined ? {} : { text }) });
	}

	danger(title: string, text?: string): number {
		return this.add({ tone: 'danger', title, ...(text === undefined ? {} : { text }) });
	}

	dismiss(id: number): void {
		this.list = this.list.filter((toast) => toast.id !== id);
	}
}

/** Browser only: on the server nothing adds to it. */
export const toasts = new Toasts();
