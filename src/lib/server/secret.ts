import { inspect } from 'node:util';

/** Clear text that prints, serialises and logs as `[redacted]`; only `reveal()` opens it. */
export class Secret {
	readonly #value: string;

	constructor(value: string) {
		this.#value = value;
	}

	reveal(): string {
		return this.#value;
	}

	toString(): string {
		return '[redacted]';
	}

	toJSON(): string {
		return '[redacted]';
	}

	[inspect.custom](): string {
		return '[redacted]';
	}
}
