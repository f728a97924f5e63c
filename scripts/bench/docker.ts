import { spawn } from 'node:child_process';

type DockerOptions = { env?: Record<string, string>; input?: string };

/**
 * Runs docker's command line with exactly these arguments; answers what it printed. `env` is its environment, from which `-e NAME` passes a
 * value on without showing it. Throws with its error text.
 */
export async function docker(args: string[], { env = {}, input = '' }: DockerOptions = {}): Promise<string> {
	const child = spawn('docker', args, {
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
	if (code !== 0) throw new Error(`docker ${args[0]} failed: ${Buffer.concat(errors).toString()}`);
	return Buffer.concat(output).toString().trim();
}
