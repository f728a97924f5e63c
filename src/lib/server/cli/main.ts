import { text } from 'node:stream/consumers';
import { run } from './run';

// Whatever a command writes is for the user who runs it alone.
process.umask(0o077);

const interrupted = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const)
	process.once(signal, () => interrupted.abort(new Error(signal)));

process.exitCode = await run(process.argv.slice(2), {
	env: process.env,
	out: (line) => process.stdout.write(`${line}\n`),
	err: (line) => process.stderr.write(`${line}\n`),
	readStdin: () => text(process.stdin),
	signal: interrupted.signal,
});
