import { spawn } from 'node:child_process';

type RunOptions = { env?: Record<string, string>; input?: string };

/**
 * Runs docker's command line with exactly these arguments; answers what it printed. `env` is its environment, from which `-e NAME` passes a
 * value on without showing it. Throws with its error text.
 */
export function docker(args: string[], options: RunOptions = {}): Promise<string> {
	return runProgram('docker', args, options);
}

/** Runs a program with exactly these arguments; answers what it printed. Throws with its error text, or when there is no such program. */
export async function runProgram(
	program: string,
	args: string[],
	{ env = {}, input = '' }: RunOptions = {},
): Promise<string> {
	const child = spawn(program, args, {
		stdio: ['pipe', 'pipe', 'pipe'],
		env: { ...process.env, ...env },
	});
	const output: Buffer[] = [];
	const errors: Buffer[] = [];
	child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
	child.stderr.on('data', (chunk: Buffer) => errors.push(chunk));
	child.stdin.on('error', () => {});
	child.stdin.end(input);
	const code = await new Promise<number | null>((resolve, reject) => {
		child.once('error', reject);
		child.once('close', resolve);
	});
	if (code !== 0) throw new Error(`${program} ${args[0]} failed: ${Buffer.concat(errors).toString()}`);
	return Buffer.concat(output).toString().trim();
}
