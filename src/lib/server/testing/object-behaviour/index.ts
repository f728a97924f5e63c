import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { MIB } from '$lib/shared/units';
import type { StorageEngineDefinition } from '../../engines/storage';
import { stream, useObjectHouse } from './house';
import { linkBehaviour } from './links';
import { oddKeysBehaviour } from './odd-keys';
import { readingBehaviour } from './reading';
import { removalBehaviour } from './removal';
import { uploadBehaviour } from './uploads';

/** What the object browser and its links promise, on a real server of this engine. */
export function objectBehaviour(definition: StorageEngineDefinition): void {
	const house = useObjectHouse(definition);
	oddKeysBehaviour(house);
	readingBehaviour(house);
	uploadBehaviour(house);
	removalBehaviour(house);

	/** Sends an object of this size and reads it again; both are the same. */
	async function upAndDown(bucket: string, sizeBytes: number): Promise<void> {
		const sent = createHash('sha256');
		const body = stream(sizeBytes).on('data', (piece: Buffer) => sent.update(piece));
		const put = await house.panel.send(house.panel.path(bucket, 'big'), {
			...{ method: 'PUT', headers: house.panel.cookie(), body, length: sizeBytes },
		});
		expect(put.status).toBe(200);
		const response = await fetch(`${house.panel.url}${house.panel.path(bucket, 'big')}`, {
			headers: house.panel.bearer(['secrets']),
		});
		const got = createHash('sha256');
		for await (const piece of response.body ?? []) got.update(piece);
		expect(got.digest('hex')).toBe(sent.digest('hex'));
	}

	it('moves 512 MiB each way without keeping it', async () => {
		const bucket = await house.newBucket();
		// What the first object of some size makes the process take for good is not kept of the object.
		await upAndDown(bucket, 64 * MIB);
		const before = process.memoryUsage().rss;
		let most = before;
		const timer = setInterval(() => (most = Math.max(most, process.memoryUsage().rss)), 20);
		await upAndDown(bucket, 512 * MIB).finally(() => clearInterval(timer));
		// The sender and the reader of this test are in the same process.
		const grownMib = Math.round((most - before) / MIB);
		console.log(`${definition.label}: 512 MiB up and down grew the process by ${grownMib} MiB`);
		expect(grownMib).toBeLessThan(64);
	});

	// With a restart of the server in it, after which some engines take no object for ten seconds.
	linkBehaviour(house);
}
