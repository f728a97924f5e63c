import { knownError, sentenceOf, type KnownError } from '$lib/i18n/errors';

/** One form's or button's way to the server: no second press while the first is under way, and its error afterwards. */
export class Submission {
	pending = $state(false);
	#error = $state.raw<unknown>();

	/** The sentence to show, or undefined when nothing went wrong. */
	readonly problem = $derived(this.#error === undefined ? undefined : sentenceOf(this.#error));
	readonly known = $derived<KnownError | undefined>(
		this.#error === undefined ? undefined : knownError(this.#error),
	);

	/** The sentence, when the error is about this field. */
	problemOf(...fields: string[]): string | undefined {
		const field = this.known?.field;
		return field && fields.includes(field) ? this.problem : undefined;
	}

	/** The sentence, unless the error is about one of these fields, which show it themselves. */
	problemBeside(...fields: string[]): string | undefined {
		return this.problemOf(...fields) === undefined ? this.problem : undefined;
	}

	/** Runs `work` unless it runs already; true when it succeeded. A failure is kept in `problem`. */
	async run(work: () => Promise<unknown>): Promise<boolean> {
		if (this.pending) return false;
		this.pending = true;
		this.#error = undefined;
		try {
			await work();
			return true;
		} catch (error) {
			this.#error = error;
			return false;
		} finally {
			this.pending = false;
		}
	}

	clear(): void {
		this.#error = undefined;
	}
}
