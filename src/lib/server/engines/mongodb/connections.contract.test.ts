import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { refusal, startFake, type StartedFake } from '../../testing/fake-mongod/started';
import { mongodb } from './definition';

/** The pool's, and the one by which the driver watches the server. */
const most = 4;

describe('connections to MongoDB', () => {
	let started: StartedFake;

	beforeEach(async () => {
		started = await startFake();
	});
	afterEach(async () => {
		await started.stop();
	});

	it('are few whatever is asked at a time, and none is left after close', async () => {
		const { admin, fake } = started;
		let seen = 0;
		const watch = setInterval(() => (seen = Math.max(seen, fake.connections)), 1);
		await Promise.all(Array.from({ length: 50 }, () => admin.listDatabases()));
		clearInterval(watch);
		expect(seen).toBeGreaterThan(0);
		expect(Math.max(seen, fake.opened)).toBeLessThanOrEqual(most);
		await admin.close();
		await expect.poll(() => fake.connections).toBe(0);
		expect(await refusal(admin.listUsers())).toEqual({ code: 'ENGINE_UNREACHABLE' });
		expect(fake.opened).toBeLessThanOrEqual(most);
	});

	it('are made anew after the server cut them', async () => {
		const { admin, fake } = started;
		expect((await admin.listUsers()).items).toEqual([]);
		fake.cut();
		await expect.poll(() => admin.listUsers().catch(() => null)).toMatchObject({ items: [] });
	});

	it('are not tried over and over on a server that is gone', async () => {
		const { admin, fake } = started;
		await admin.listUsers();
		const attempts = 3;
		await fake.stop();
		for (let attempt = 0; attempt < attempts; attempt += 1) {
			const startedAt = Date.now();
			expect(await refusal(admin.listUsers())).toEqual({ code: 'ENGINE_UNREACHABLE' });
			expect(Date.now() - startedAt).toBeLessThan(6_000);
		}
	});

	it('of a look or a login last as long as it takes, and no longer', async () => {
		const { admin, fake, target } = started;
		await admin.listUsers();
		const before = fake.connections;
		await admin.canLogin({ user: 'root', password: target.password, database: null });
		await mongodb.lifecycle.probe(target);
		await expect.poll(() => fake.connections).toBe(before);
	});

	it('are given up when the wait is', async () => {
		const { fake, target } = started;
		const abort = new AbortController();
		fake.answers.set('updateUser', {});
		abort.abort(new Error('enough'));
		await expect(mongodb.lifecycle.probe(target, abort.signal)).rejects.toThrow('enough');
		const late = AbortSignal.timeout(100);
		const startedAt = Date.now();
		await expect(mongodb.lifecycle.probe({ ...target, port: 1 }, late)).rejects.toThrow();
		expect(Date.now() - startedAt).toBeLessThan(2_000);
		await delay(50);
		await expect.poll(() => fake.connections).toBe(0);
	});
});
