import { spawn } from 'node:child_process';
import { constants, setPriority } from 'node:os';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

const KEPT_LINES = 20;

/** A program that could not be started or did not end well; the message holds the last lines it wrote. */
class ProgramError extends Error {
	override readonly name = 'ProgramError';
}

/**
 * Runs a program with exactly these arguments, at low priority, and gives each line it writes to `onLine`. Resolves with standard output;
 * throws ProgramError when it does not exit with 0, and the signal's reason when aborted.
 */
export async function run(
	command: string,
	args: string[],
	options: { cwd?: string; onLine?: (line: string) => void; signal?: AbortSignal } = {},
): Promise<string> {
	options.signal?.throwIfAborted();
	const child = spawn(command, args, {
		cwd: options.cwd,
		env: { ...process.env, LC_ALL: 'C.UTF-8', DEBIAN_FRONTEND: 'noninteractive' },
		stdio: ['ignore', 'pipe', 'pipe'],
		signal: options.signal,
		// `unshare` passes nothing but this on to what it started.
		killSignal: 'SIGKILL',
	});
	lowerPriority(child.pid);
	const newest: string[] = [];
	const output: string[] = [];
	const note = (line: string) => {
		newest.push(line);
		if (newest.length > KEPT_LINES) newest.shift();
		options.onLine?.(line);
	};
	readLines(child.stdout, (line) => {
		output.push(line);
		note(line);
	});
	readLines(child.stderr, note);
	await new Promise<void>((resolve, reject) => {
		child.once('error', (cause) => {
			// An aborted program still has to end: only then may its files be removed.
			if (child.pid === undefined) reject(new ProgramError(`${command} could not be started`, { cause }));
		});
		child.once('close', (code, signal) => {
			if (code === 0) resolve();
			else reject(new ProgramError(`${command} ended with ${code ?? signal}:\n${newest.join('\n')}`));
		});
	}).catch((error: unknown) => {
		options.signal?.throwIfAborted();
		throw error;
	});
	return output.join('\n');
}

function readLines(stream: Readable, onLine: (line: string) => void): void {
	createInterface({ input: stream }).on('line', onLine);
}

/** A build must not slow down the panel; losing this wish is harmless. */
function lowerPriority(pid: number | undefined): void {
	if (pid === undefined) return;
	try {
		setPriority(pid, constants.priority.PRIORITY_LOW);
	} catch {
		// The program has ended already.
	}
}
