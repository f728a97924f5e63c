import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from './run';

export type Answer = { code: number; out: string; err: string };

/** For tests: runs commands on a new data folder, with what they wrote and their exit code. */
export function cliOn({ dockerHost }: { dockerHost?: string } = {}) {
	const dataDir = mkdtempSync(join(tmpdir(), 'sh0-cli-'));
	const env = { SH0_DATA_DIR: dataDir, ...(dockerHost === undefined ? {} : { DOCKER_HOST: dockerHost }) };
	return {
		dataDir,
		async run(argv: string[], stdin = ''): Promise<Answer> {
			const out: string[] = [];
			const err: string[] = [];
			const code = await run(argv, {
				env,
				out: (line) => void out.push(line),
				err: (line) => void err.push(line),
				readStdin: () => Promise.resolve(stdin),
				signal: new AbortController().signal,
			});
			return { code, out: out.join('\n'), err: err.join('\n') };
		},
		remove: () => rmSync(dataDir, { recursive: true, force: true }),
	};
}
