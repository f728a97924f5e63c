import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';

/** A program named apt-get stands first on PATH: it notes its arguments and answers what the test lays out for each of its calls. */
let folder: string;
let said: string[];

type Answer = { code: number; text: string };

beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), 'sh0-apt-test-'));
	said = [];
	vi.resetModules();
	vi.stubEnv('PATH', `${folder}:${process.env.PATH}`);
	const program = `#!${process.execPath}
const { appendFileSync, readFileSync } = require('node:fs');
appendFileSync('${folder}/calls', JSON.stringify([...process.argv.slice(2), process.env.DEBIAN_FRONTEND]) + '\\n');
const calls = readFileSync('${folder}/calls', 'utf8').trim().split('\\n').length;
const { code, text } = JSON.parse(readFileSync('${folder}/answers', 'utf8'))[calls - 1];
console.error(text);
process.exit(code);
`;
	writeFileSync(join(folder, 'apt-get'), program);
	chmodSync(join(folder, 'apt-get'), 0o755);
});
afterEach(() => {
	vi.unstubAllEnvs();
	rmSync(folder, { recursive: true });
});

const fine: Answer = { code: 0, text: 'Reading package lists...' };
const locked: Answer = {
	code: 100,
	text: 'E: Could not get lock /var/lib/apt/lists/lock. It is held by process 812 (apt-get)',
};
const offline: Answer = {
	code: 100,
	text: "E: Failed to fetch http://deb.debian.org/debian  Temporary failure resolving 'deb.debian.org'",
};

async function install(answers: Answer[], limits = {}): Promise<void> {
	writeFileSync(join(folder, 'answers'), JSON.stringify(answers));
	const apt = await import('./apt.js');
	await apt.install(['docker.io', 'iptables'], (line: string) => void said.push(line), {
		lockPauseMs: 5,
		...limits,
	});
}

function calls(): unknown[][] {
	const lines = readFileSync(join(folder, 'calls'), 'utf8').trim().split('\n');
	return lines.map((line) => JSON.parse(line) as unknown[]);
}
const verbs = () => calls().map(([, , verb]) => verb);

it('updates once, then installs without recommended packages and without a question', async () => {
	await install([fine, fine]);
	expect(calls()).toEqual([
		['-o', 'DPkg::Lock::Timeout=60', 'update', 'noninteractive'],
		[
			...['-o', 'DPkg::Lock::Timeout=60', 'install', '-y', '--no-install-recommends'],
			...['docker.io', 'iptables', 'noninteractive'],
		],
	]);
});

it('waits for another apt, in both steps, and says so', async () => {
	await install([locked, locked, fine, locked, fine]);
	expect(verbs()).toEqual(['update', 'update', 'update', 'install', 'install']);
	expect(said).toContain('another apt is at work; waiting for it');
});

it('does not wait for ever', async () => {
	const many = Array.from({ length: 500 }, () => locked);
	await expect(install(many, { lockLimitMs: 200 })).rejects.toThrow(/Could not get lock/);
});

it('installs although one of several sources is broken', async () => {
	await install([
		{ code: 100, text: 'E: The repository http://old.example does not have a Release file.' },
		fine,
	]);
	expect(verbs()).toEqual(['update', 'install']);
});

it('says in its first sentence what could not be had, and then why, without a network', async () => {
	const missing = { code: 100, text: 'E: Unable to locate package docker.io' };
	const failure = await install([offline, missing]).catch((error: unknown) => error);
	expect(failure).toMatchObject({ name: 'SetupError' });
	const text = failure instanceof Error ? failure.message : '';
	expect(text.split('\n')[0]).toBe(
		'The packages docker.io, iptables could not be installed: see what apt said, put it right, and run this command again.',
	);
	expect(text).toContain('Temporary failure resolving');
	expect(text).toContain('Unable to locate package docker.io');
});
