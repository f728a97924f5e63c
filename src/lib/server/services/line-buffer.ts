import type { FollowedLine, LogLineView } from './views';

const FLUSH_MS = 50;
/** Lines sent in one flush at most: 40,000 a second, past what anybody reads or a browser should take. */
const MAX_LINES = 2_000;

/** Sends lines in small bursts. Of a flood the oldest are left out, and the next line says how many. */
export class LineBuffer {
	readonly #send: (line: FollowedLine) => void;
	#lines: LogLineView[] = [];
	#skipped = 0;
	#timer: NodeJS.Timeout | null = null;

	constructor(send: (line: FollowedLine) => void) {
		this.#send = send;
	}

	add(line: LogLineView): void {
		this.#lines.push(line);
		if (this.#lines.length > MAX_LINES) {
			this.#lines.shift();
			this.#skipped += 1;
		}
		this.#timer ??= setTimeout(() => this.#flush(), FLUSH_MS);
	}

	/** Drops what was not sent. */
	end(): void {
		if (this.#timer) clearTimeout(this.#timer);
		this.#lines = [];
	}

	#flush(): void {
		this.#timer = null;
		const lines = this.#lines;
		this.#lines = [];
		for (const line of lines) {
			this.#send({ ...line, skipped: this.#skipped });
			this.#skipped = 0;
		}
	}
}
