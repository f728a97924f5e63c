import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { holdInstanceLock, InstanceLockedError, isInstanceLocked } from './lock';

let dataDir: string;
beforeEach(() => {
	dataDir = mkdtempSync(join(tmpdir(), 'sh0-test-'));
});
afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

/** Another process that holds the lock as the panel does, until it is killed. */
async function spawnHolder() {
	const script = `
		const client = new (require('better-sqlite3'))(process.argv[1], { timeout: 0 });
		client.exec('BEGIN EXCLUSIVE');
		console.log('held');
		setInterval(() => {}, 1000);`;
	const child = spawn(process.execPath, ['-e', script, join(dataDir, 'panel.lock')]);
	await once(child.stdout, 'data');
	return child;
}

describe('holdInstanceLock', () => {
	it('is held by one at a time and free again after release', () => {
		const lock = holdInstanceLock(dataDir);
		expect(isInstanceLocked(dataDir)).toBe(true);
		expect(() => holdInstanceLock(dataDir)).toThrow(InstanceLockedError);
		lock.release();
		expect(isInstanceLocked(dataDir)).toBe(false);
	});

	it('says in one sentence which folder is taken and what to do', () => {
		const lock = holdInstanceLock(dataDir);
		expect(() => holdInstanceLock(dataDir)).toThrow(
			`already runs with the data folder ${dataDir}. Stop it first`,
		);
		lock.release();
	});

	it('does not bind two data folders together', () => {
		const other = mkdtempSync(join(tmpdir(), 'sh0-test-'));
		const locks = [holdInstanceLock(dataDir), holdInstanceLock(other)];
		for (const lock of locks) lock.release();
		rmSync(other, { recursive: true });
	});

	it('holds between processes, and a killed process leaves it free', async () => {
		const holder = await spawnHolder();
		expect(() => holdInstanceLock(dataDir)).toThrow(InstanceLockedError);
		holder.kill('SIGKILL');
		await once(holder, 'exit');
		holdInstanceLock(dataDir).release();
	});
});
