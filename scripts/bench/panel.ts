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

/** Bytes of JavaScript, gzipped, that a browser fetches for the page: what its HTML names, and what that imports statically. */
export async function javascriptOf(url: string, path: string, cookie?: string): Promise<Row> {
	const page = new URL(path, url);
	const response = await fetch(page, { headers: cookie ? { cookie } : {} });
	// SvelteKit names the page's own modules in the Link header, the start in the HTML.
	const named = `${response.headers.get('link') ?? ''}${await response.text()}`;
	const wanted = [...named.matchAll(/["'<]([^"'<>]*_app\/immutable\/[^"'<>]+\.js)["'>]/g)].map(
		(match) => match[1] ?? '',
	);
	const waiting = wanted.map((file) => new URL(file, page).href);
	const seen = new Set<string>();
	let bytes = 0;
	for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
		if (seen.has(file)) continue;
		seen.add(file);
		const script = await (await fetch(file)).text();
		bytes += gzipSync(script, { level: 6 }).length;
		for (const imported of staticImports(script)) waiting.push(new URL(imported, file).href);
	}
	return {
		what: `JavaScript of ${path} (${seen.size} files, gzip)`,
		...{ ours: `${(bytes / kilobyte).toFixed(1)} kB`, raw: '', ratio: '', goal: '< 120 kB' },
	};
}

function staticImports(script: string): string[] {
	const found = script.matchAll(/(?:\bfrom|\bimport)\s*["'](\.{1,2}\/[^"']+\.js)["']/g);
	return [...found].map((match) => match[1] ?? '');
}

/** The list of all servers in a project as its page asks for it, one after another and eight at a time. */
export async function listing(sh0: Client, projectId: string, requests: number): Promise<Row> {
	const ask = () => sh0.services.list.query({ projectId, history: true });
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
