import type { LogLevel } from './env';
import { AppError } from './errors';
import { MIN_SEARCHABLE_LENGTH, secretForms } from './secret-forms';

const MASK = '[redacted]';
const MAX_CAUSES = 5;
const FILTER_BITS = 18;

/** A number below 2^FILTER_BITS for the four characters at `position`; the same for the same characters. */
function startHash(text: string, position: number): number {
	let hash = 0;
	for (let offset = 0; offset < MIN_SEARCHABLE_LENGTH; offset += 1) {
		hash = Math.imul(hash, 0x01000193) ^ text.charCodeAt(position + offset);
	}
	return Math.imul(hash, 0x9e3779b1) >>> (32 - FILTER_BITS);
}

/**
 * Knows the live secret values and takes them out of texts in every form of `secretForms`. Values under 4 characters are not taken out.
 * Lookup is by the first four characters and then by length, so the time to redact a text hardly grows with the number of secrets.
 */
export class Redactor {
	readonly #values = new Set<string>();
	/** First four characters -> length -> forms. */
	readonly #forms = new Map<string, Map<number, Set<string>>>();
	/** 1 at the hash of each start: passes over most places of a text without a look into the map. */
	readonly #starts = new Uint8Array(2 ** FILTER_BITS);

	add(value: string): void {
		if (this.#values.has(value)) return;
		this.#values.add(value);
		for (const form of secretForms(value)) this.#index(form);
	}

	redact(text: string): string {
		if (this.#forms.size === 0) return text;
		let redacted = '';
		let kept = 0;
		let position = 0;
		while (position <= text.length - MIN_SEARCHABLE_LENGTH) {
			const length = this.#matchLength(text, position);
			if (length === 0) {
				position += 1;
				continue;
			}
			redacted += text.slice(kept, position) + MASK;
			position += length;
			kept = position;
		}
		return redacted + text.slice(kept);
	}

	#index(form: string): void {
		const start = form.slice(0, MIN_SEARCHABLE_LENGTH);
		const byLength = this.#forms.get(start) ?? new Map<number, Set<string>>();
		const forms = byLength.get(form.length) ?? new Set<string>();
		byLength.set(form.length, forms.add(form));
		this.#forms.set(start, byLength);
		this.#starts[startHash(form, 0)] = 1;
	}

	/** Characters of the longest form that stands at `position`, so that no rest of it stays behind; 0 for none. */
	#matchLength(text: string, position: number): number {
		if (this.#starts[startHash(text, position)] === 0) return 0;
		const byLength = this.#forms.get(text.slice(position, position + MIN_SEARCHABLE_LENGTH));
		let longest = 0;
		for (const [length, forms] of byLength ?? []) {
			if (length > longest && forms.has(text.slice(position, position + length))) longest = length;
		}
		return longest;
	}
}

export type Logger = Record<LogLevel, (event: string, fields?: Record<string, unknown>) => void>;

const rank: Record<LogLevel, number> = { debug: 0, info: 1, warn: 2, error: 3 };

function describeError(error: Error, depth = 0): Record<string, unknown> {
	const code = 'code' in error ? error.code : undefined;
	const cause =
		error.cause instanceof Error && depth < MAX_CAUSES ? describeError(error.cause, depth + 1) : error.cause;
	return {
		name: error.name,
		message: error.message,
		...(code === undefined ? {} : { code }),
		...(error instanceof AppError ? { details: error.details } : {}),
		stack: error.stack,
		...(cause === undefined ? {} : { cause }),
	};
}

/** Never throws: what JSON cannot hold is written as text. */
function toJson(record: Record<string, unknown>): string {
	const ancestors: unknown[] = [];
	return JSON.stringify(record, function (this: unknown, _key, value: unknown) {
		if (typeof value === 'bigint') return value.toString();
		if (value instanceof Error) return describeError(value);
		if (typeof value !== 'object' || value === null) return value;
		while (ancestors.length > 0 && ancestors.at(-1) !== this) ancestors.pop();
		if (ancestors.includes(value)) return '[circular]';
		ancestors.push(value);
		return value;
	});
}

/**
 * Writes one JSON line an event to stderr (or `write`), at `level` and above, through the redactor. Fields may hold errors, which are
 * written with their stack and causes.
 */
export function createLogger(options: {
	level: LogLevel;
	redactor: Redactor;
	write?: (line: string) => void;
}): Logger {
	const write = options.write ?? ((line: string) => void process.stderr.write(line));
	const log =
		(level: LogLevel) =>
		(event: string, fields: Record<string, unknown> = {}) => {
			if (rank[level] < rank[options.level]) return;
			const record = { time: new Date().toISOString(), level, event, ...fields };
			write(`${options.redactor.redact(toJson(record))}\n`);
		};
	return { debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error') };
}
