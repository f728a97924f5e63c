import { describe, expect, it } from 'vitest';
import { findOperation } from '../../operations/repository';
import type { ObjectHouse } from './house';

/** Many objects at once. */
export function removalBehaviour(house: ObjectHouse): void {
	const { newBucket, keysOf } = house;

	describe('many objects', () => {
		it('are removed with their folders by durable work, and their neighbours stay', async () => {
			const bucket = await newBucket();
			const keys = ['a/1', 'a/2', 'a/b/3', 'ab', 'c/1', 'd'];
			for (const key of keys) await house.panel.put(bucket, key, Buffer.from('x'));
			const { serviceId } = house.panel;
			const { operationId } = await house.panel.caller().objects.removeAll({
				...{ serviceId, bucket, prefixes: ['a/'], keys: ['d'] },
			});
			await expect
				.poll(() => findOperation(house.panel.app.db, operationId)?.row.status, { timeout: 30_000 })
				.toBe('succeeded');
			expect(await keysOf(bucket)).toEqual(['c/', 'ab']);
		});

		it('take the folders with them that they were the last in, and no others', async () => {
			const bucket = await newBucket();
			const { serviceId } = house.panel;
			const api = house.panel.caller().objects;
			for (const key of ['a/b/c/1', 'a/b/2', 'd/1', 'd/2', 'e/f/1'])
				await house.panel.put(bucket, key, Buffer.from('x'));
			await api.createFolder({ serviceId, bucket, prefix: 'e/', name: 'made' });
			await api.remove({ serviceId, bucket, keys: ['a/b/c/1', 'd/1', 'e/f/1'] });
			expect(await keysOf(bucket)).toEqual(['a/', 'd/', 'e/']);
			expect(await keysOf(bucket, 'a/b/')).toEqual(['a/b/2']);
			expect(await keysOf(bucket, 'e/')).toEqual(['e/made/']);
			await api.remove({ serviceId, bucket, keys: ['a/b/2', 'd/2'] });
			expect(await keysOf(bucket)).toEqual(['e/']);
		});
	});
}
