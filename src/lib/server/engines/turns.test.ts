import { describe, expect, it } from 'vitest';
import { forEachOf } from './turns';

describe('work on many things, a few at once', () => {
	it('answers in their order, with no more at once than it may', async () => {
		let running = 0;
		let mostSeen = 0;
		const doubled = await forEachOf([1, 2, 3, 4, 5, 6, 7, 8, 9], { most: 3 }, async (number) => {
			running += 1;
			mostSeen = Math.max(mostSeen, running);
			await Promise.resolve();
			running -= 1;
			return number * 2;
		});
		expect(doubled).toEqual([2, 4, 6, 8, 10, 12, 14, 16, 18]);
		expect(mostSeen).toBe(3);
	});

	it('does hundreds, and nothing for none', async () => {
		const many = Array.from({ length: 500 }, (_, index) => index);
		expect(await forEachOf(many, { most: 4 }, (index) => Promise.resolve(index))).toEqual(many);
		expect(await forEachOf([], { most: 4 }, () => Promise.resolve(1))).toEqual([]);
	});

	it('begins nothing more after a failure', async () => {
		const begun: number[] = [];
		const attempt = forEachOf([1, 2, 3, 4, 5, 6], { most: 2 }, async (number) => {
			begun.push(number);
			await Promise.resolve();
			if (number === 2) throw new Error('two');
		});
		await expect(attempt).rejects.toThrow('two');
		expect(begun).not.toContain(6);
	});
});
