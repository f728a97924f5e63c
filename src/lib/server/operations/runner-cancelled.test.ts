import { describe, expect, it } from 'vitest';
import type { Step } from './definition';
import type { OperationRunner } from './runner';
import { never, recorded, useRunners, type Input } from './testing';

const { outcomes, makeRunner, begin, stored } = useRunners();

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
		expect(outcomes()).toEqual([{ intentSeq: 7, outcome: 'failed', errorCode: 'OPERATION_CANCELLED' }]);
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
