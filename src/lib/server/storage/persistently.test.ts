import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { TransferFault } from '../engines/s3-family/copy/client';
import { AppError } from '../errors';
import { persistently } from './persistently';

const signal = new AbortController().signal;
const minutes = (count: number) => vi.setSystemTime(Date.now() + count * 60_000);
const away = () => new AppError('ENGINE_UNREACHABLE');

vi.mock('node:timers/promises', () => ({ setTimeout: () => Promise.resolve() }));
beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'] }));
afterEach(() => void vi.useRealTimers());

/** Attempts these one after another; answers how many were begun. */
async function attempts(...each: ((moved: () => void) => 'all' | 'part')[]): Promise<number> {
	let begun = 0;
	await persistently(signal, (moved) => {
		const attempt = each[begun];
		begun += 1;
		if (attempt === undefined) throw new Error('too many attempts');
		return Promise.resolve(attempt(moved));
	});
	return begun;
}
const fails =
	(error: Error, afterMinutes = 0) =>
	() => {
		minutes(afterMinutes);
		throw error;
	};
const ends = (answer: 'all' | 'part', afterMinutes = 0) => {
	return () => {
		minutes(afterMinutes);
		return answer;
	};
};

it('waits for a server after a part that took long', async () => {
	expect(await attempts(ends('part', 14), fails(away()), ends('all'))).toBe(3);
});

it('counts its patience from the first failure after the last move', async () => {
	const moves = (moved: () => void) => {
		minutes(3);
		moved();
		throw new TransferFault('source', 'away', 'SlowDown');
	};
	expect(await attempts(moves, fails(away(), 1), ends('all'))).toBe(3);
});

it('waits for a server that fails for the first time after an attempt that took long', async () => {
	expect(await attempts(fails(away(), 20), fails(away(), 1), ends('all'))).toBe(3);
});

it('gives up a server that has been away for more than two minutes', async () => {
	const each = [fails(away(), 1), fails(away(), 1), fails(away(), 2)];
	await expect(attempts(...each)).rejects.toMatchObject({ code: 'ENGINE_UNREACHABLE' });
});

it('attempts nothing again that waiting does not help', async () => {
	const refused = new TransferFault('target', 'refused', 'AccessDenied');
	await expect(attempts(fails(refused), ends('all'))).rejects.toBe(refused);
});

it('waits some seconds for a server that refuses its login, and no longer', async () => {
	const refused = () => new AppError('ENGINE_UNREACHABLE', { details: { reason: 'login' } });
	expect(await attempts(fails(away(), 1), fails(refused(), 0.1), fails(refused(), 0.1), ends('all'))).toBe(4);
	expect(await attempts(fails(refused()), ends('part', 14), fails(refused(), 1), ends('all'))).toBe(4);
	const each = [fails(refused(), 1), fails(refused(), 0.2), ends('all')];
	await expect(attempts(...each)).rejects.toMatchObject({ details: { reason: 'login' } });
});

it('ends with the reason for which it is to end', async () => {
	const end = new AbortController();
	const attempt = () => {
		end.abort(new AppError('COPY_PAUSED'));
		return Promise.reject(away());
	};
	await expect(persistently(end.signal, attempt)).rejects.toMatchObject({ code: 'COPY_PAUSED' });
});

it('waits some seconds for a server that does not know its key yet', async () => {
	const refused = () => new TransferFault('source', 'login', 'InvalidAccessKeyId');
	expect(await attempts(fails(refused()), fails(refused(), 0.1), ends('all'))).toBe(3);
	await expect(attempts(fails(refused()), fails(refused(), 0.2), ends('all'))).rejects.toMatchObject({
		kind: 'login',
	});
});

it('says whom it waits for, and when it goes on', async () => {
	const waits: unknown[] = [];
	const first = away();
	const second = away();
	const each = [fails(first), fails(second), (moved: () => void) => (moved(), moved(), 'all' as const)];
	let begun = 0;
	await persistently(signal, (moved) => Promise.resolve(each[begun++]?.(moved) ?? 'all'), {
		onWait: (error) => waits.push(error),
	});
	expect(waits).toEqual([first, second, null]);
});

it('says nothing of waiting when it does not wait', async () => {
	const onWait = vi.fn();
	await persistently(signal, () => Promise.resolve('all'), { onWait });
	const refused = new TransferFault('target', 'refused', 'AccessDenied');
	await expect(persistently(signal, () => Promise.reject(refused), { onWait })).rejects.toBe(refused);
	expect(onWait).not.toHaveBeenCalled();
});
