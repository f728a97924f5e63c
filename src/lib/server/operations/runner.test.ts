import { eq } from 'drizzle-orm';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { writeTransaction } from '../db/client';
import { operations, projects } from '../db/schema';
import { openTestDatabase } from '../db/testing';
import { AppError } from '../errors';
import { newId } from '../ids';
import { createLogger, Redactor } from '../log';
import { BeginAgain, defineOperation, type OperationDefinition, type Step } from './definition';
import { findOperation } from './repository';
import { OperationRunner } from './runner';
import type { OperationView } from './view';

type Input = { word: string };
type Outcome = { intentSeq: number; outcome: string; errorCode: string | null | undefined };

let database: ReturnType<typeof openTestDatabase>;
let projectId: string;
let outcomes: Outcome[];
let runners: OperationRunner[];

beforeEach(() => {
	database = openTestDatabase();
	projectId = newId('project');
	outcomes = [];
	runners = [];
	database.db
		.insert(projects)
		.values({ id: projectId, name: 'shop', networkIndex: 0, createdAt: new Date() })
		.run();
});

afterEach(async () => {
	await Promise.all(runners.map((runner) => runner.stop()));
	database.remove();
});

function makeRunner(definition: Partial<OperationDefinition<Input>>, patienceMs?: number) {
	const runner = new OperationRunner({
		db: database.db,
		audit: {
			outcome: (intentSeq, result) => outcomes.push({ intentSeq, ...result, errorCode: result.errorCode }),
		},
		log: createLogger({ level: 'error', redactor: new Redactor() }),
		definitions: [
			defineOperation({
				kind: 'service.create',
				input: z.object({ word: z.string() }),
				steps: [],
				...definition,
			}),
		],
		...(patienceMs === undefined ? {} : { patienceMs }),
	});
	runners.push(runner);
	return runner;
}

function begin(runner: OperationRunner, serviceId = newId('service')) {
	return writeTransaction(database.db, (tx) =>
		runner.start(tx, {
			kind: 'service.create',
			projectId,
			serviceId,
			serviceName: 'db',
			input: { word: 'hello' },
			actor: 'ada@example.com',
			auditIntentSeq: 7,
		}),
	);
}

async function runToEnd(runner: OperationRunner) {
	const id = begin(runner);
	runner.kick(id);
	await runner.wait(id);
	return stored(id);
}

function stored(id: string) {
	const found = findOperation(database.db, id);
	if (!found) throw new Error('no such operation');
	return { ...found.row, steps: found.steps };
}

/** Steps that write down what was done with them. */
function recorded(
	journal: string[],
	keys: Step<Input>['key'][],
	fail?: { key: string; error: unknown },
): Step<Input>[] {
	return keys.map((key) => ({
		key,
		run: ({ input }) => {
			journal.push(`${key} ${input.word}`);
			return fail?.key === key ? Promise.reject(fail.error) : Promise.resolve();
		},
		undo: () => {
			journal.push(`undo ${key}`);
			return Promise.resolve();
		},
	}));
}

const never = (signal: AbortSignal) =>
	new Promise<void>((_resolve, reject) => {
		signal.addEventListener('abort', () => reject(signal.reason), { once: true });
	});

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
		expect(outcomes).toEqual([{ intentSeq: 7, outcome: 'succeeded', errorCode: null }]);
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
		expect(outcomes).toEqual([{ intentSeq: 7, outcome: 'failed', errorCode: 'IMAGE_PULL_FAILED' }]);
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
		database.db.update(operations).set({ attempts: 25 }).where(eq(operations.id, id)).run();
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

describe('a panel that dies', () => {
	it('leaves work that the next one takes up from the first open step', async () => {
		const journal: string[] = [];
		const first = makeRunner({
			steps: [...recorded(journal, ['image']), { key: 'volume', run: ({ signal }) => never(signal) }],
		});
		const id = begin(first);
		first.kick(id);
		await expect.poll(() => stored(id).steps[1]?.status).toBe('running');
		await first.stop();
		expect(stored(id)).toMatchObject({ status: 'running', leaseOwner: null });

		const second = makeRunner({ steps: recorded(journal, ['image', 'volume']) });
		await second.resumeAll();
		await second.wait(id);
		expect(journal).toEqual(['image hello', 'volume hello']);
		expect(stored(id)).toMatchObject({ status: 'succeeded', attempts: 2 });
	});

	it('takes up what a killed process still holds the lease of', async () => {
		const journal: string[] = [];
		const id = begin(makeRunner({}));
		const steps = recorded(journal, ['image']);
		database.db
			.update(operations)
			.set({ leaseOwner: 'dead', attempts: 1 })
			.where(eq(operations.id, id))
			.run();
		const second = makeRunner({ steps });
		await second.resumeAll();
		await second.wait(id);
		expect(stored(id)).toMatchObject({ status: 'succeeded', attempts: 2, leaseOwner: null });
	});

	it('begins again where the definition says when it is taken up', async () => {
		const journal: string[] = [];
		const first = makeRunner({
			steps: [...recorded(journal, ['volume']), { key: 'ready', run: ({ signal }) => never(signal) }],
		});
		const id = begin(first);
		first.kick(id);
		await expect.poll(() => stored(id).steps[1]?.status).toBe('running');
		await first.stop();
		const second = makeRunner({
			steps: recorded(journal, ['volume', 'ready']),
			resumeFrom: () => 'volume',
		});
		await second.resumeAll();
		await second.wait(id);
		expect(journal).toEqual(['volume hello', 'volume hello', 'ready hello']);
	});

	it('goes on undoing, never forward again, when it died while undoing', async () => {
		const journal: string[] = [];
		const error = new AppError('PORT_TAKEN');
		const first = makeRunner({
			steps: [
				{ key: 'image', run: () => Promise.resolve(), undo: ({ signal }) => never(signal) },
				{ key: 'volume', run: () => Promise.reject(error) },
			],
		});
		const id = begin(first);
		first.kick(id);
		await expect.poll(() => stored(id).errorCode).toBe('PORT_TAKEN');
		await first.stop();
		const second = makeRunner({ steps: recorded(journal, ['image', 'volume']) });
		await second.resumeAll();
		await second.wait(id);
		expect(journal).toEqual(['undo volume', 'undo image']);
		expect(stored(id)).toMatchObject({ status: 'undone', errorCode: 'PORT_TAKEN' });
	});

	it('undoes an operation that was taken up too often', async () => {
		const journal: string[] = [];
		const id = begin(makeRunner({ steps: recorded([], ['image']) }));
		database.db.update(operations).set({ attempts: 25 }).where(eq(operations.id, id)).run();
		const second = makeRunner({ steps: recorded(journal, ['image']) });
		await second.resumeAll();
		await second.wait(id);
		expect(journal).toEqual([]);
		expect(stored(id)).toMatchObject({ status: 'undone', errorCode: 'OPERATION_INTERRUPTED' });
	});
});

describe('Docker away', () => {
	/** What it does not answer so many times. */
	function awayFor(times: number): () => Promise<void> {
		let left = times;
		return () => (left-- > 0 ? Promise.reject(new AppError('DOCKER_UNAVAILABLE')) : Promise.resolve());
	}

	it('is waited for, and told to listeners', async () => {
		let isAway = true;
		const waiting = new Set<string | null>();
		const runner = makeRunner({
			steps: [
				{
					key: 'container',
					run: () => (isAway ? Promise.reject(new AppError('DOCKER_UNAVAILABLE')) : Promise.resolve()),
				},
			],
		});
		runner.bus.subscribe((view) => waiting.add(view.waitingFor));
		const id = begin(runner);
		runner.kick(id);
		await expect.poll(() => runner.view(id)?.waitingFor).toBe('docker');
		expect(stored(id)).toMatchObject({ status: 'running', errorCode: null });
		isAway = false;
		await runner.wait(id);
		expect(stored(id).status).toBe('succeeded');
		expect([...waiting]).toEqual([null, 'docker']);
	});

	it('fails the operation only when patience has run out', async () => {
		const steps: Step<Input>[] = [
			{ key: 'container', run: () => Promise.reject(new AppError('DOCKER_UNAVAILABLE')) },
		];
		const operation = await runToEnd(makeRunner({ steps }, 400));
		expect(operation).toMatchObject({ status: 'failed', errorCode: 'DOCKER_UNAVAILABLE' });
	});

	it('is waited for without limit by a step that must not be given up', async () => {
		const run = awayFor(3);
		const operation = await runToEnd(makeRunner({ steps: [{ key: 'container', run, isPatient: true }] }, 0));
		expect(operation.status).toBe('succeeded');
	});

	it('is waited for without limit by what takes the work back', async () => {
		const steps: Step<Input>[] = [
			{ key: 'container', run: () => Promise.resolve(), undo: awayFor(3) },
			{ key: 'ready', run: () => Promise.reject(new AppError('ENGINE_NOT_READY')) },
		];
		const operation = await runToEnd(makeRunner({ steps }, 0));
		expect(operation).toMatchObject({ status: 'undone', errorCode: 'ENGINE_NOT_READY' });
	});
});

it('a full disk holds the work up and fails nothing', async () => {
	let isFull = true;
	const steps: Step<Input>[] = [
		{ key: 'image', run: () => (isFull ? Promise.reject(new AppError('DISK_FULL')) : Promise.resolve()) },
	];
	const runner = makeRunner({ steps });
	const id = begin(runner);
	runner.kick(id);
	await expect.poll(() => runner.view(id)?.waitingFor).toBe('disk');
	isFull = false;
	await runner.wait(id);
	expect(stored(id).status).toBe('succeeded');
});

describe('an operation that is cancelled', () => {
	const waiting = (journal: string[], signals: AbortSignal[] = []): Step<Input>[] => {
		const [image, keep, container] = recorded(journal, ['image', 'keep', 'container']);
		if (!image || !keep || !container) throw new Error('no steps');
		const run: Step<Input>['run'] = ({ signal }) => {
			signals.push(signal);
			return never(signal);
		};
		return [image, { ...keep, isCancellable: true, run }, container];
	};
	const begun = async (runner: OperationRunner, signals: AbortSignal[]) => {
		const id = begin(runner);
		runner.kick(id);
		await expect.poll(() => signals.length).toBe(1);
		return id;
	};

	it('ends in its present step and takes back what it did', async () => {
		const journal: string[] = [];
		const signals: AbortSignal[] = [];
		const runner = makeRunner({ steps: waiting(journal, signals) });
		const id = await begun(runner, signals);
		expect(runner.view(id)).toMatchObject({ canCancel: true, isCancelling: false });
		runner.cancel(id);
		expect(runner.view(id)).toMatchObject({ canCancel: false, isCancelling: true, status: 'running' });
		expect(await runner.wait(id)).toMatchObject({ status: 'undone', errorCode: 'OPERATION_CANCELLED' });
		expect(runner.view(id)).toMatchObject({ canCancel: false, isCancelling: false });
		expect(stored(id).steps.map(({ status }) => status)).toEqual(['undone', 'undone', 'waiting']);
		expect(journal).toEqual(['image hello', 'undo keep', 'undo image']);
		expect(outcomes).toEqual([{ intentSeq: 7, outcome: 'failed', errorCode: 'OPERATION_CANCELLED' }]);
	});

	it('has no step that runs on when it could not be undone', async () => {
		const signals: AbortSignal[] = [];
		const steps = waiting([], signals).map((step) => ({
			...step,
			undo: () => Promise.reject(new Error('stuck')),
		}));
		const runner = makeRunner({ steps });
		const id = await begun(runner, signals);
		runner.cancel(id);
		expect(await runner.wait(id)).toMatchObject({ status: 'failed', errorCode: 'OPERATION_CANCELLED' });
		expect(stored(id).steps).toMatchObject([
			{ status: 'done' },
			{ status: 'failed', finishedAt: expect.any(Date) },
			{ status: 'waiting' },
		]);
	});

	it('goes back too when the panel ends right then', async () => {
		const journal: string[] = [];
		const signals: AbortSignal[] = [];
		const steps = waiting(journal, signals);
		const runner = makeRunner({ steps });
		const id = await begun(runner, signals);
		const stopping = runner.stop();
		runner.cancel(id);
		await stopping;
		expect(stored(id)).toMatchObject({ status: 'running', errorCode: 'OPERATION_CANCELLED' });
		expect(runner.view(id)).toMatchObject({ isCancelling: true });
		const next = makeRunner({ steps });
		await next.resumeAll();
		expect(await next.wait(id)).toMatchObject({ status: 'undone', errorCode: 'OPERATION_CANCELLED' });
		expect(journal).toEqual(['image hello', 'undo keep', 'undo image']);
	});

	it('is refused in a step that others may be using already, and once it has ended', async () => {
		const [image] = recorded([], ['image']);
		if (!image) throw new Error('no step');
		let go = (): void => undefined;
		const held = new Promise<void>((resolve) => (go = resolve));
		const runner = makeRunner({ steps: [{ ...image, run: () => held }] });
		const id = begin(runner);
		runner.kick(id);
		await expect.poll(() => stored(id).steps[0]?.status).toBe('running');
		const refused = expect.objectContaining({ code: 'OPERATION_NOT_CANCELLABLE' });
		expect(runner.view(id)).toMatchObject({ canCancel: false });
		expect(() => runner.cancel(id)).toThrowError(refused);
		go();
		expect(await runner.wait(id)).toMatchObject({ status: 'succeeded' });
		expect(() => runner.cancel(id)).toThrowError(refused);
	});
});
