import { eq } from 'drizzle-orm';
import { describe, expect, it } from 'vitest';
import { operations } from '../db/schema';
import { AppError } from '../errors';
import { newId } from '../ids';
import { BeginAgain, type Step } from './definition';
import { never, recorded, useRunners, type Input } from './testing';
import type { OperationView } from './view';

const { db, outcomes, makeRunner, begin, runToEnd, stored } = useRunners();

describe('an operation that goes well', () => {
	it('runs its steps in order and ends, with its own writes and the audit outcome', async () => {
		const journal: string[] = [];
		const runner = makeRunner({
			steps: recorded(journal, ['image', 'volume']),
			onSuccess: ({ operation }, tx) => {
				tx.update(operations).set({ serviceName: 'renamed' }).where(eq(operations.id, operation.id)).run();
			},
		});
		const operation = await runToEnd(runner);
		expect(journal).toEqual(['image hello', 'volume hello']);
		expect(operation).toMatchObject({
			status: 'succeeded',
			serviceName: 'renamed',
			leaseOwner: null,
			attempts: 1,
		});
		expect(operation.finishedAt).toBeInstanceOf(Date);
		expect(operation.steps.map((step) => step.status)).toEqual(['done', 'done']);
		expect(outcomes()).toEqual([{ intentSeq: 7, outcome: 'succeeded', errorCode: null }]);
	});

	it('tells listeners every change and throttles progress', async () => {
		const views: OperationView[] = [];
		const runner = makeRunner({
			steps: [
				{
					key: 'image',
					run: ({ progress }) => {
						for (let done = 0; done < 5_000; done += 1) {
							progress({ done, total: 5_000, unit: 'bytes', line: null });
						}
						return Promise.resolve();
					},
				},
			],
		});
		runner.bus.subscribe((view) => views.push(structuredClone(view)));
		const operation = await runToEnd(runner);
		expect(views.length).toBeLessThan(8);
		expect(views.at(0)?.steps[0]?.status).toBe('running');
		expect(views.at(-1)?.status).toBe('succeeded');
		expect(operation.steps[0]?.progress?.done).toBe(4_999);
	});
});

describe('two people, one button', () => {
	it('lets one win and names the running operation to the other', () => {
		const runner = makeRunner({});
		const serviceId = newId('service');
		const operationId = begin(runner, serviceId);
		expect(() => begin(runner, serviceId)).toThrowError(
			expect.objectContaining({ code: 'SERVICE_BUSY', details: { operationId, kind: 'service.create' } }),
		);
	});
});

describe('an operation that fails', () => {
	it('is undone in reverse order and says why', async () => {
		const journal: string[] = [];
		const error = new AppError('IMAGE_PULL_FAILED', { details: { image: 'postgres:17' } });
		const failures: unknown[] = [];
		const runner = makeRunner({
			steps: recorded(journal, ['image', 'network', 'volume'], { key: 'network', error }),
			onFailure: (_context, _tx, failure) => failures.push(failure),
		});
		const operation = await runToEnd(runner);
		expect(journal).toEqual(['image hello', 'network hello', 'undo network', 'undo image']);
		expect(operation).toMatchObject({
			status: 'undone',
			errorCode: 'IMAGE_PULL_FAILED',
			errorDetails: { image: 'postgres:17' },
		});
		expect(operation.steps.map((step) => step.status)).toEqual(['undone', 'failed', 'waiting']);
		expect(failures).toEqual([{ error, isUndone: true }]);
		expect(outcomes()).toEqual([{ intentSeq: 7, outcome: 'failed', errorCode: 'IMAGE_PULL_FAILED' }]);
	});

	it('hides an unknown error behind INTERNAL', async () => {
		const steps = recorded([], ['image'], { key: 'image', error: new Error('secret detail') });
		expect(await runToEnd(makeRunner({ steps }))).toMatchObject({ errorCode: 'INTERNAL', errorDetails: {} });
	});

	it('ends as failed when a step cannot be undone', async () => {
		const steps: Step<Input>[] = [
			{ key: 'image', run: () => Promise.resolve(), undo: () => Promise.reject(new Error('stuck')) },
			{ key: 'volume', run: () => Promise.reject(new AppError('INTERNAL')) },
		];
		expect(await runToEnd(makeRunner({ steps }))).toMatchObject({ status: 'failed', errorCode: 'INTERNAL' });
	});

	it('ends as failed when nothing of it can be undone', async () => {
		const steps: Step<Input>[] = [{ key: 'stop', run: () => Promise.reject(new AppError('INTERNAL')) }];
		expect(await runToEnd(makeRunner({ steps }))).toMatchObject({ status: 'failed' });
	});

	it('begins again from an earlier step when a step says so, three times at most', async () => {
		const journal: string[] = [];
		const steps = recorded(journal, ['volume']);
		steps.push({
			key: 'ready',
			run: () => Promise.reject(new BeginAgain('volume', { cause: new AppError('ENGINE_NOT_READY') })),
		});
		const operation = await runToEnd(makeRunner({ steps }));
		expect(journal.filter((entry) => entry === 'volume hello')).toHaveLength(4);
		expect(operation).toMatchObject({ status: 'undone', errorCode: 'ENGINE_NOT_READY' });
	});
});

describe('an operation past its point of no return', () => {
	const pointOfNoReturn = 'ready';

	it('takes nothing back, whatever fails after it', async () => {
		const journal: string[] = [];
		const error = new AppError('INTERNAL');
		const failures: unknown[] = [];
		const runner = makeRunner({
			steps: recorded(journal, ['container', 'ready', 'settings'], { key: 'settings', error }),
			pointOfNoReturn,
			onFailure: (_context, _tx, failure) => failures.push(failure),
		});
		expect(await runToEnd(runner)).toMatchObject({ status: 'failed', errorCode: 'INTERNAL' });
		expect(journal).toEqual(['container hello', 'ready hello', 'settings hello']);
		expect(failures).toEqual([{ error, isUndone: false }]);
	});

	it('is known as such to the next process, also when it was taken up too often', async () => {
		const journal: string[] = [];
		const first = makeRunner({
			steps: [...recorded(journal, ['ready']), { key: 'settings', run: ({ signal }) => never(signal) }],
			pointOfNoReturn,
		});
		const id = begin(first);
		first.kick(id);
		await expect.poll(() => stored(id).steps[1]?.status).toBe('running');
		expect(stored(id).steps[0]?.status).toBe('done');
		await first.stop();
		db().update(operations).set({ attempts: 25 }).where(eq(operations.id, id)).run();
		const second = makeRunner({ steps: recorded(journal, ['ready', 'settings']), pointOfNoReturn });
		await second.resumeAll();
		await second.wait(id);
		expect(journal).toEqual(['ready hello']);
		expect(stored(id)).toMatchObject({ status: 'failed', errorCode: 'OPERATION_INTERRUPTED' });
	});

	it('is taken back as any other as long as it is before it', async () => {
		const journal: string[] = [];
		const error = new AppError('ENGINE_NOT_READY');
		const steps = recorded(journal, ['container', 'ready'], { key: 'ready', error });
		expect(await runToEnd(makeRunner({ steps, pointOfNoReturn }))).toMatchObject({ status: 'undone' });
		expect(journal).toContain('undo container');
	});
});
