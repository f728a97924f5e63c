/** A reason to stop that a person can act on; it is printed without a stack. */
export class SetupError extends Error {
	/** @param {string} message @param {ErrorOptions} [options] */
	constructor(message, options) {
		super(message, options);
		this.name = 'SetupError';
	}
}

/**
 * Ends the process with the error's sentence, or with its stack when nobody expected it.
 * @param {unknown} error
 * @returns {never}
 */
export function exitWith(error) {
	const text =
		error instanceof SetupError ? error.message : error instanceof Error ? error.stack : String(error);
	process.stderr.write(`\n${text}\n`);
	process.exit(1);
}
