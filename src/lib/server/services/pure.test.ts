import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { serviceNameSchema } from '$lib/shared/name-schemas';
import { GIB, MIB } from '$lib/shared/units';
import { openTestDatabase } from '../db/testing';
import { AppError } from '../errors';
import { Backoff } from './backoff';
import { eachLimited } from './concurrency';
import { KeyedLock } from './keyed-lock';
import { assertMemory, diskSpace, reservedBytes } from './machine';
import { canListen, findFreeHostPort, HOST_PORTS } from './ports';
import { attentionOf, deriveStatus, type StatusFacts } from './status';

describe('a status', () => {
	const healthy: StatusFacts = {
		...{ phase: 'ready', desiredState: 'running', operation: null, isDockerUp: true },
		...{ container: 'running', isAnswering: true, failedStarts: 0 },
	};
	const of = (facts: Partial<StatusFacts>) => deriveStatus({ ...healthy, ...facts });

	it.each<[string, Partial<StatusFacts>]>([
		['running', {}],
		['running', { isAnswering: null }],
		['unhealthy', { isAnswering: false }],
		['unhealthy', { container: 'restarting' }],
		['starting', { container: 'exited' }],
		['starting', { container: null, failedStarts: 1 }],
		['unhealthy', { container: 'exited', failedStarts: 2 }],
		['stopped', { desiredState: 'stopped', container: 'exited' }],
		['stopped', { desiredState: 'stopped', container: null }],
		['stopping', { desiredState: 'stopped' }],
		['unknown', { isDockerUp: false }],
		['unknown', { isDockerUp: false, desiredState: 'stopped', container: null }],
		['trashed', { phase: 'trashed', isDockerUp: false }],
		['data_lost', { phase: 'data_lost' }],
		['failed', { phase: 'failed' }],
		['failed', { phase: 'creating' }],
		['failed', { phase: 'removing' }],
		['creating', { phase: 'creating', operation: 'service.create', isDockerUp: false }],
		['starting', { operation: 'service.start' }],
		['stopping', { operation: 'service.stop' }],
		['working', { operation: 'service.resize' }],
		['running', { operation: 'storage.copy' }],
		['unhealthy', { operation: 'storage.copy', isAnswering: false }],
		['working', { phase: 'trashed', operation: 'service.purge' }],
	])('is %s for %o', (status, facts) => expect(of(facts)).toBe(status));

	it('asks for attention with the gravest reason', () => {
		const base = { isOutOfMemory: false, failedStarts: 0, hasDrift: false, isFull: false };
		expect(attentionOf({ ...base, status: 'running' })).toBeNull();
		expect(attentionOf({ ...base, status: 'running', hasDrift: true })).toBe('drift');
		expect(attentionOf({ ...base, status: 'running', hasDrift: true, isFull: true })).toBe('data_full');
		expect(attentionOf({ ...base, status: 'stopped', isFull: true })).toBeNull();
		expect(attentionOf({ ...base, status: 'unhealthy', hasDrift: true })).toBe('not_answering');
		expect(attentionOf({ ...base, status: 'unhealthy', failedStarts: 2 })).toBe('not_starting');
		expect(attentionOf({ ...base, status: 'starting', isOutOfMemory: true })).toBe('out_of_memory');
		expect(attentionOf({ ...base, status: 'running', isOutOfMemory: true })).toBeNull();
		expect(attentionOf({ ...base, status: 'data_lost', isOutOfMemory: true })).toBe('data_lost');
	});
});

describe('memory', () => {
	const budget = { machineBytes: 8 * GIB, reservedBytes: GIB, promisedBytes: 6 * GIB, leftBytes: GIB };

	it('is kept back for the system', () => {
		expect(reservedBytes(2 * GIB)).toBe(512 * MIB);
		expect(reservedBytes(100 * GIB)).toBe(10 * GIB);
	});

	it('is refused below the least and above what is left, with the numbers', () => {
		expect(() => assertMemory(GIB, 256 * MIB, budget)).not.toThrow();
		expect(() => assertMemory(GIB + 1, 256 * MIB, budget)).toThrowError(
			expect.objectContaining({
				code: 'NOT_ENOUGH_MEMORY',
				details: expect.objectContaining({ leftBytes: GIB }),
			}),
		);
		expect(() => assertMemory(MIB, 256 * MIB, budget)).toThrowError(
			expect.objectContaining({ code: 'MEMORY_TOO_SMALL', details: { minBytes: 256 * MIB } }),
		);
	});
});

describe('names', () => {
	it.each(['ab', 'orders', 'a-b', 'a1', `a${'b'.repeat(39)}`])('may be %s', (name) =>
		expect(serviceNameSchema.safeParse(name).success).toBe(true),
	);

	it.each([
		...['', 'a', 'A1', '1a', '-a', 'a-', 'a_b', 'a b', 'a.b', 'ä1', 'a\n', 'ab\n', `a${'b'.repeat(40)}`],
		...["a'b", 'a"b', '$(a)', 'a`b', 'localhost'],
	])('may not be %j', (name) => expect(serviceNameSchema.safeParse(name).success).toBe(false));
});

describe('a host port', () => {
	it('is one that nobody listens on and no service has', async () => {
		const database = openTestDatabase();
		const port = await findFreeHostPort(database.db);
		expect(port).toBeGreaterThanOrEqual(HOST_PORTS.first);
		expect(port).toBeLessThanOrEqual(HOST_PORTS.last);
		const server = createServer();
		await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
		expect(await canListen(port)).toBe(false);
		await new Promise((resolve) => server.close(resolve));
		expect(await canListen(port)).toBe(true);
		await expect(findFreeHostPort(database.db, () => Promise.resolve(false))).rejects.toMatchObject({
			code: 'PORT_TAKEN',
		});
		database.remove();
	});
});

describe('trying again', () => {
	it('waits longer each time, ten minutes at most, and forgets after success', () => {
		const backoff = new Backoff();
		expect(backoff.isDue('a', 0)).toBe(true);
		backoff.ended('a', false, 0);
		expect([backoff.isDue('a', 4_999), backoff.isDue('a', 5_000)]).toEqual([false, true]);
		backoff.ended('a', false, 5_000);
		expect([backoff.isDue('a', 14_999), backoff.isDue('a', 15_000)]).toEqual([false, true]);
		for (let turn = 0; turn < 20; turn += 1) backoff.ended('a', false, 0);
		expect([backoff.isDue('a', 599_999), backoff.isDue('a', 600_000)]).toEqual([false, true]);
		backoff.ended('a', true);
		expect([backoff.failures('a'), backoff.isDue('a', 0)]).toEqual([0, true]);
	});
});

describe('a keyed lock', () => {
	it('lets one after the other in, also after a failure, and other keys at once', async () => {
		const lock = new KeyedLock();
		const order: string[] = [];
		const work = (name: string, waitMs: number) => async () => {
			order.push(`${name} in`);
			await new Promise((resolve) => setTimeout(resolve, waitMs));
			order.push(`${name} out`);
			if (name === 'a') throw new AppError('INTERNAL');
		};
		const first = lock.run('x', work('a', 20));
		const second = lock.run('x', work('b', 0));
		const other = lock.run('y', work('c', 0));
		await expect(first).rejects.toThrow();
		await Promise.all([second, other]);
		expect(order.indexOf('b in')).toBeGreaterThan(order.indexOf('a out'));
		expect(order.indexOf('c in')).toBeLessThan(order.indexOf('a out'));
	});
});

describe('limited concurrency', () => {
	it('does everything, never more than allowed at once, and tells the first failure', async () => {
		let running = 0;
		let most = 0;
		const done: number[] = [];
		const all = eachLimited([1, 2, 3, 4, 5, 6, 7], 3, async (item) => {
			running += 1;
			most = Math.max(most, running);
			await new Promise((resolve) => setTimeout(resolve, 5));
			running -= 1;
			done.push(item);
			if (item === 2) throw new Error('two');
		});
		await expect(all).rejects.toThrowError('two');
		expect([most, done.sort()]).toEqual([3, [1, 2, 3, 4, 5, 6, 7]]);
	});
});

describe('diskSpace', () => {
	it('counts as df does, without what is kept for root', () => {
		const statfs = { bsize: 4_096, blocks: 1_000, bfree: 400, bavail: 350 };
		expect(diskSpace(statfs)).toEqual({ totalBytes: 950 * 4_096, freeBytes: 350 * 4_096 });
	});
});
