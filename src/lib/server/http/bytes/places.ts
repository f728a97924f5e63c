/** Bounds how much of the panel is busy with moving bytes, in all and for each visitor. In memory. */
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
	take(visitor: string): (() => void) | null {
		const taken = this.#taken.get(visitor) ?? 0;
		if (this.#sum >= this.#all || taken >= this.#each) return null;
		this.#sum += 1;
		this.#taken.set(visitor, taken + 1);
		let isGiven = false;
		return () => {
			if (isGiven) return;
			isGiven = true;
			this.#sum -= 1;
			const left = (this.#taken.get(visitor) ?? 1) - 1;
			if (left === 0) this.#taken.delete(visitor);
			else this.#taken.set(visitor, left);
		};
	}
}
