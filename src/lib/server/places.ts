/** Bounds how much of one kind of work the panel does at once, in all and for each of those it is done for. In memory. */
export class Places {
	readonly #each: number;
	readonly #all: number;
	readonly #taken = new Map<string, number>();
	#sum = 0;

	constructor(options: { each: number; all: number }) {
		this.#each = options.each;
		this.#all = options.all;
	}

	/** Takes a place; what is answered gives it back, once. Null when there is none. */
	take(holder: string): (() => void) | null {
		const taken = this.#taken.get(holder) ?? 0;
		if (this.#sum >= this.#all || taken >= this.#each) return null;
		this.#sum += 1;
		this.#taken.set(holder, taken + 1);
		let isGiven = false;
		return () => {
			if (isGiven) return;
			isGiven = true;
			this.#sum -= 1;
			const left = (this.#taken.get(holder) ?? 1) - 1;
			if (left === 0) this.#taken.delete(holder);
			else this.#taken.set(holder, left);
		};
	}
}
