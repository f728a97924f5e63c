import { readFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import type { Client } from '../../src/lib/trpc/client';
import { ms, quantile, timeMs, type Row } from './measure';

const kilobyte = 1_000;

/** Resident memory of a process that has been left alone, in MB. */
export async function idleMemory(pid: number, quietMs: number): Promise<Row> {
	await sleep(quietMs);
	const line = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
	const megabytes = Number(line?.[1] ?? Number.NaN) / 1024;
	return {
		what: 'memory of the idle panel',
		ours: `${megabytes.toFixed(0)} MB`,
		raw: '',
		ratio: '',
		goal: '< 120 MB',
	};
}

/** Bytes of JavaScript, gzipped, that the page's HTML asks for. */
export async function javascriptOf(url: string, path: string, cookie?: string): Promise<Row> {
	const response = await fetch(`${url}${path}`, { headers: cookie ? { cookie } : {} });
	const html = await response.text();
	const files = new Set(
		[...html.matchAll(/["'(]([^"'()]*\/_app\/immutable\/[^"'()]+\.js)["')]/g)].map((match) => match[1] ?? ''),
	);
	let bytes = 0;
	for (const file of files) {
		const script = await fetch(new URL(file, `${url}${path}`));
		bytes += gzipSync(Buffer.from(await script.arrayBuffer()), { level: 6 }).length;
	}
	return {
		what: `JavaScript of ${path} (${files.size} files, gzip)`,
		...{ ours: `${(bytes / kilobyte).toFixed(1)} kB`, raw: '', ratio: '', goal: '< 120 kB' },
	};
}

/** The list of all servers in a project, one after another and eight at a time. */
export async function listing(sh0: Client, projectId: string, requests: number): Promise<Row> {
	const ask = () => sh0.services.list.query({ projectId });
	for (let warm = 0; warm < 20; warm += 1) await ask();
	const samples: number[] = [];
	for (let request = 0; request < requests; request += 1) samples.push(await timeMs(ask));
	const start = performance.now();
	const lane = async () => {
		for (let request = 0; request < requests / 8; request += 1) await ask();
	};
	await Promise.all(Array.from({ length: 8 }, lane));
	const perSecond = requests / ((performance.now() - start) / 1000);
	return {
		what: 'list of 50 servers, p50 / p99',
		ours: `${ms(quantile(samples, 0.5))} / ${ms(quantile(samples, 0.99))}, ${perSecond.toFixed(0)} requests/s`,
		...{ raw: '', ratio: '', goal: '' },
	};
}
