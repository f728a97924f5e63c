import { parseArgs, type ParseArgsConfig } from 'node:util';

/** What a command may use of the process it runs in. */
export type Io = {
	env: NodeJS.ProcessEnv;
	/** One line of the answer. */
	out(line: string): void;
	/** One line about what is going on or wrong. */
	err(line: string): void;
	/** All of standard input. */
	readStdin(): Promise<string>;
	/** Aborted when a person presses Ctrl-C. */
	signal: AbortSignal;
};

/** `run` gives the exit code: 0 done, 1 a problem was found. Throws UsageError, AppError. */
export type Command = {
	/** After `npm run sh0 -- `. */
	usage: string;
	summary: string;
	run(args: string[], io: Io): Promise<number>;
};

/** The command line makes no sense, or lacks something; `message` says what. */
export class UsageError extends Error {
	override readonly name = 'UsageError';
}

/** As node's parseArgs, strict. Throws UsageError. */
export function parse<T extends ParseArgsConfig>(config: T) {
	try {
		return parseArgs(config);
	} catch (error) {
		throw error instanceof TypeError ? new UsageError(error.message) : error;
	}
}

/** Throws UsageError when the option was not given. */
export function required(options: Record<string, string | boolean | undefined>, name: string): string {
	const value = options[name];
	if (typeof value !== 'string' || value === '') throw new UsageError(`--${name} is missing.`);
	return value;
}
