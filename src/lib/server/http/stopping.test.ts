import { expect, it, vi } from 'vitest';
import { stopInOrder } from './stopping.js';

it('stops the app after the last answer', async () => {
	const order: string[] = [];
	const drained = new Promise<void>((resolve) =>
		setTimeout(() => {
			order.push('answered');
			resolve();
		}, 100),
	);
	await stopInOrder({ drained, drainWithinMs: 5_000, stopApp: async () => void order.push('stopped') });
	expect(order).toEqual(['answered', 'stopped']);
});

it('does not wait for ever for an answer', async () => {
	const stopApp = vi.fn(() => Promise.resolve());
	const startedAt = Date.now();
	await stopInOrder({ drained: new Promise(() => {}), drainWithinMs: 50, stopApp });
	expect(stopApp).toHaveBeenCalledOnce();
	expect(Date.now() - startedAt).toBeLessThan(2_000);
});
