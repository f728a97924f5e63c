import { describe, expect, it } from 'vitest';
import { minio } from '../../engines/minio/definition';
import { bucketOf, freshName, MIB, putParts, useTwoServers } from '../../testing/copy-behaviour/house';

describe('a copy of one large object', () => {
	const house = useTwoServers({ source: minio, target: minio }, { memoryBytes: 512 * MIB });

	it('takes no more memory than a small one', async () => {
		const from = await bucketOf(house.two.source);
		await putParts(from, 'huge.bin', 400 * MIB);
		global.gc?.();
		const before = process.memoryUsage().rss;
		let most = 0;
		const timer = setInterval(() => (most = Math.max(most, process.memoryUsage().rss)), 50);
		const { copyId } = await house.two.copy(from.bucket, freshName());
		await house.two.succeeded(copyId);
		clearInterval(timer);
		const grownMib = Math.round((most - before) / MIB);
		console.log(`a copy of 400 MiB grew the process by ${grownMib} MiB`);
		expect(grownMib).toBeLessThan(96);
	});
});
