import type { OperationView } from './view';

type Listener = (view: OperationView) => void;

/** Tells whoever listens about each change of an operation, in order. A listener that throws disturbs nobody. */
export class OperationBus {
	readonly #listeners = new Set<Listener>();

	publish(view: OperationView): void {
		for (const listener of [...this.#listeners]) {
			try {
				listener(view);
			} catch {
				this.#listeners.delete(listener);
			}
		}
	}

	/** Returns the function that ends the subscription. */
	subscribe(listener: Listener): () => void {
		this.#listeners.add(listener);
		return () => {
			this.#listeners.delete(listener);
		};
	}
}
