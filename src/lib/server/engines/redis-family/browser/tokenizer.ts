const named: Record<string, number> = { n: 0x0a, r: 0x0d, t: 0x09, b: 0x08, a: 0x07 };

type Problem = 'quoteOpen' | 'quoteInWord';

/** A command line that cannot be taken apart in exactly one way. */
export class UnreadableLine extends Error {
	readonly problem: Problem;

	constructor(problem: Problem) {
		super(problem);
		this.name = 'UnreadableLine';
		this.problem = problem;
	}
}

/** What parts words; other spaces of Unicode are characters like any. */
function isBlank(character: string | undefined): boolean {
	return character !== undefined && /[ \t\n\v\f\r]/.test(character);
}

/** Reads a line from left to right. */
class Reader {
	readonly #line: string;
	#at = 0;

	constructor(line: string) {
		this.#line = line;
	}

	get next(): string | undefined {
		return this.#line[this.#at];
	}

	skipBlanks(): void {
		while (isBlank(this.next)) this.#at += 1;
	}

	/** One word, in quotes or not. */
	word(): Buffer {
		const quote = this.next;
		if (quote !== '"' && quote !== "'") return this.#bare();
		this.#at += 1;
		const word = quote === '"' ? this.#doubleQuoted() : this.#singleQuoted();
		if (this.next !== undefined && !isBlank(this.next)) throw new UnreadableLine('quoteInWord');
		return word;
	}

	#take(pattern: RegExp): string {
		const found = new RegExp(pattern, 'uy');
		found.lastIndex = this.#at;
		const [text = ''] = found.exec(this.#line) ?? [];
		this.#at += text.length;
		return text;
	}

	#bare(): Buffer {
		const text = this.#take(/[^ \t\n\v\f\r"']+/);
		if (this.next === '"' || this.next === "'") throw new UnreadableLine('quoteInWord');
		return Buffer.from(text);
	}

	#doubleQuoted(): Buffer {
		const parts: Buffer[] = [];
		for (;;) {
			parts.push(Buffer.from(this.#take(/[^"\\]+/)));
			const end = this.next;
			if (end === undefined) throw new UnreadableLine('quoteOpen');
			this.#at += 1;
			if (end === '"') return Buffer.concat(parts);
			parts.push(this.#escape());
		}
	}

	#escape(): Buffer {
		const hex = this.#take(/x[0-9a-fA-F]{2}/);
		if (hex !== '') return Buffer.from(hex.slice(1), 'hex');
		const character = this.#take(/[\s\S]/);
		if (character === '') throw new UnreadableLine('quoteOpen');
		const byte = named[character];
		return byte === undefined ? Buffer.from(character) : Buffer.from([byte]);
	}

	#singleQuoted(): Buffer {
		const parts: string[] = [];
		for (;;) {
			parts.push(this.#take(/[^'\\]+/));
			const end = this.next;
			if (end === undefined) throw new UnreadableLine('quoteOpen');
			this.#at += 1;
			if (end === "'") return Buffer.from(parts.join(''));
			// Only a single quote can be escaped.
			parts.push(this.#take(/'/) === "'" ? "'" : '\\');
		}
	}
}

/**
 * The words of a command line, by the rules of the engine's own client: `"..."` knows `\n \r \t \b \a \xHH \" \\`, `'...'` knows `\'`.
 * Throws UnreadableLine.
 */
export function wordsOf(line: string): Buffer[] {
	const reader = new Reader(line);
	const words: Buffer[] = [];
	for (;;) {
		reader.skipBlanks();
		if (reader.next === undefined) return words;
		words.push(reader.word());
	}
}

/** The key that `keyText` made this text of, or null when it made it of none. */
export function keyOfText(text: string): Buffer | null {
	if (!text.startsWith('"')) return text === '' ? null : Buffer.from(text);
	try {
		const [key, ...more] = wordsOf(text);
		return key === undefined || more.length > 0 ? null : key;
	} catch (error) {
		if (error instanceof UnreadableLine) return null;
		throw error;
	}
}
