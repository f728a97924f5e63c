import { eq } from 'drizzle-orm';
import { describe, expect, it } from 'vitest';
import { operations } from '../db/schema';
import { AppError } from '../errors';
import type { Step } from './definition';
import { never, recorded, useRunners, type Input } from './testing';

const { db, makeRunner, begin, runToEnd, stored } = useRunners();

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
		db().update(operations).set({ leaseOwner: 'dead', attempts: 1 }).where(eq(operations.id, id)).run();
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
		db().update(operations).set({ attempts: 25 }).where(eq(operations.id, id)).run();
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
