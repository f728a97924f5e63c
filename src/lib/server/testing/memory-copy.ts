import { minio } from '../engines/minio/definition';
import type { Side } from '../engines/s3-family/copy/client';
import type { BucketWork } from '../storage/copies/copier';
import { listCopyBuckets, listFindings, type BucketRow } from '../storage/copies/repository';
import { Tally } from '../storage/copies/tally';
import { MemoryS3 } from './memory-s3';
import { seedCopy } from './seeded-copy';
import { TestApp } from './test-app';

/** A copy of one bucket between two servers in memory, with a panel's database. */
export type MemoryCopy = {
	house: TestApp;
	source: MemoryS3;
	target: MemoryS3;
	work: BucketWork;
	/** Whom it waited for, and null each time that it went on. */
	waits: (Side['role'] | null)[];
	/** Each as its key, finding and reason. */
	found(): string[][];
	/** The bucket as it is on record. */
	row(): BucketRow;
	remove(): Promise<void>;
};

export async function startMemoryCopy(): Promise<MemoryCopy> {
	const house = new TestApp();
	const source = new MemoryS3('source');
	const target = new MemoryS3('target', { refusesDots: true });
	const [from, to] = [await source.start(), await target.start()];
	const opened = (side: Side) => ({ side, endsAtMs: Infinity, close: () => undefined });
	const tally = new Tally(house.app.db, seedCopy(house.app.db));
	const { copyId } = tally.row;
	const waits: MemoryCopy['waits'] = [];
	return {
		...{ house, source, target, waits },
		work: {
			open: () => Promise.resolve({ source: opened(from), target: opened(to) }),
			...{ tally, traits: minio.storageAdmin.traits(''), can: { tags: true, conditionalWrites: true } },
			...{ signal: AbortSignal.timeout(60_000), report: () => undefined },
			waitFor: (role) => waits.push(role),
			writeFailure: (error) => Promise.resolve(error),
		},
		found: () => listFindings(house.app.db, copyId).map(({ key, finding, reason }) => [key, finding, reason]),
		row() {
			const [row] = listCopyBuckets(house.app.db, copyId);
			if (row === undefined) throw new Error('no bucket');
			return row;
		},
		async remove() {
			source.stop();
			target.stop();
			await house.remove();
		},
	};
}
