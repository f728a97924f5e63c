import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { StepProgress } from '$lib/shared/operations';
import { AppError } from '../errors';
import { newId } from '../ids';
import { Secret } from '../secret';
import { seedStorageServer } from '../testing/seeded-storage';
import { TestApp } from '../testing/test-app';
import { removalStep } from './removal';

vi.mock('node:timers/promises', () => ({ setTimeout: () => Promise.resolve() }));

let house: TestApp;
beforeEach(() => (house = new TestApp()));
afterEach(() => house.remove());

it('says at once that it waits for the server, and goes on as soon as that answers', async () => {
	const { db, broker } = house.app;
	const serviceId = seedStorageServer(db);
	let isAway = false;
	const access = () =>
		Promise.resolve({
			...{ endpoint: 'http://127.0.0.1:1', region: 'us-east-1', accessKeyId: 'AKEXAMPLE' },
			...{ secretAccessKey: new Secret('s'.repeat(40)), expiresAt: new Date(Date.now() + 60 * 60_000) },
		});
	Object.assign(broker, {
		storageAdmin: () =>
			isAway
				? Promise.reject(new AppError('SERVICE_NOT_RUNNING'))
				: Promise.resolve({ bucketId: () => Promise.resolve('1'), access }),
	});
	let attempts = 0;
	const step = removalStep(house.app, {
		count: () => Promise.resolve(7),
		async *remove() {
			attempts += 1;
			if (attempts === 2) return yield 4;
			yield 3;
			isAway = true;
			throw new AppError('ENGINE_UNREACHABLE');
		},
	});
	const told: StepProgress[] = [];
	await step.run({
		operation: {
			...{ id: newId('operation'), projectId: newId('project'), serviceId, serviceName: 'files' },
			...{ kind: 'bucket.empty', status: 'running', input: {}, errorCode: null, errorDetails: null },
			...{ actor: 'me', auditIntentSeq: null, attempts: 1, leaseOwner: null, leaseUntil: null },
			...{ createdAt: new Date(), finishedAt: null },
		},
		input: { bucket: 'b', bucketId: '1' },
		signal: AbortSignal.timeout(60_000),
		progress: (progress) => {
			told.push(progress);
			if (progress.waitsFor !== undefined && told.filter(({ waitsFor }) => waitsFor).length === 2)
				isAway = false;
		},
	});
	const shown = told.map(({ done, waitsFor }) => [done, waitsFor]);
	expect(shown.slice(0, 4)).toEqual([
		...[
			[0, undefined],
			[3, undefined],
		],
		...[
			[3, 'server'],
			[3, 'server'],
		],
	]);
	expect(shown.at(-1)).toEqual([7, undefined]);
});
