import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { databaseEngineById } from '../engines';
import { Secret } from '../secret';
import { execIn } from '../testing/exec';
import { TestApp, testCaller } from '../testing/test-app';
import { checkInvariants } from './invariants';
import { getService } from './repository';

let test: TestApp;
let serviceId: string;

// The reconciler is not started: it would mend what is broken here.
beforeAll(async () => {
	test = new TestApp();
	serviceId = await test.createPostgres(test.createProject(), 'orders');
});
afterAll(() => test.remove());

const check = () => checkInvariants({ ...test.app, dataDir: test.app.env.dataDir }, { inFlightMs: 0 });
const broken = async () => {
	const found = (await check()).filter(({ ok }) => !ok);
	return Object.fromEntries(found.map(({ number, problems }) => [number, problems.join('\n')]));
};
const containerName = () => test.app.names.container(serviceId);
const service = () => getService(test.app.db, serviceId);

describe('the invariants of a running server', () => {
	it('all hold', async () => {
		const results = await check();
		expect(results.map(({ number }) => number)).toEqual([1, 2, 3, 4, 5, 7, 8, 9, 11, 12]);
		expect(results.filter(({ ok }) => !ok)).toEqual([]);
	});

	it('hold in the middle of an operation', async () => {
		const { operationId } = test.app.manager.restart(serviceId, testCaller);
		test.app.runner.kick(operationId);
		expect(await broken()).toEqual({});
		expect((await test.app.runner.wait(operationId)).status).toBe('succeeded');
		expect(await broken()).toEqual({});
	});

	it('find a root password that was changed by hand', async () => {
		const { lifecycle } = databaseEngineById('postgres');
		const known = test.app.secrets.root(serviceId);
		const other = new Secret('changed-by-hand-42');
		await lifecycle.setRootPassword(await test.app.broker.target(service(), known), other);
		expect(await broken()).toEqual({ 4: expect.stringContaining('0 of 1 stored root passwords log in') });
		expect(await test.ended(test.app.manager.rotateRoot(serviceId, testCaller))).toMatchObject({
			...{ status: 'failed', errorCode: 'ENGINE_UNREACHABLE', errorDetails: { reason: 'login' } },
		});
		await lifecycle.setRootPassword(await test.app.broker.target(service(), other), known);
		expect(await broken()).toEqual({});
	});

	it('find its password in a file', async () => {
		const file = join(test.app.env.dataDir, 'notes.txt');
		const encoded = Buffer.from(test.app.secrets.root(serviceId).reveal()).toString('base64');
		writeFileSync(file, `do not forget: ${encoded}\n`);
		expect(await broken()).toEqual({ 7: `${file} holds a secret in clear text.` });
		rmSync(file);
	});

	it('find what was left running inside, and left behind in the data folder', async () => {
		const left = execIn(test.app.docker, containerName(), ['sleep', '77']);
		const folder = join(test.app.env.dataDir, 'sh0-image-999999999-x');
		mkdirSync(folder);
		await expect.poll(broken, { timeout: 30_000 }).toEqual({
			9: expect.stringContaining('`sleep 77` runs inside its container'),
			12: `${folder} was left behind.`,
		});
		rmSync(folder, { recursive: true });
		const { operationId } = test.app.manager.restart(serviceId, testCaller);
		test.app.runner.kick(operationId);
		expect((await test.app.runner.wait(operationId)).status).toBe('succeeded');
		await left;
		expect(await broken()).toEqual({});
	});

	it('find that it was stopped, and then removed, by hand', async () => {
		await test.app.docker.containers.stop(containerName(), 10);
		expect(await broken()).toEqual({ 11: expect.stringContaining('should be running and is exited') });
		await test.app.docker.containers.remove(containerName());
		expect(await broken()).toEqual({
			1: expect.stringContaining('has 0 containers, not 1'),
			11: expect.stringContaining('without a container'),
		});
	});

	it('find that its data is gone', async () => {
		await test.app.docker.volumes.remove(test.app.names.volume(serviceId));
		expect((await broken())[1]).toContain('has 0 volumes, not 1');
	});
});
