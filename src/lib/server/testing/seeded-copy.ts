import { writeTransaction, type Db } from '../db/client';
import { services } from '../db/schema/index';
import { newId } from '../ids';
import { seedPeople } from './surface-seed';
import { insertCopy, listCopyBuckets, type BucketRow } from '../storage/copies/repository';

/** A copy that is under way on record, of one bucket `a` into `b`, which it answers. */
export function seedCopy(db: Db): BucketRow {
	const { projectId } = seedPeople(db);
	const [serviceId, copyId, now] = [newId('service'), newId('storageCopy'), new Date()];
	writeTransaction(db, (tx) => {
		tx.insert(services)
			.values({
				...{ id: serviceId, projectId, kind: 'storage', engine: 'minio', name: 'files', version: '1' },
				...{ memoryBytes: 1, desiredState: 'running', phase: 'ready', createdAt: now },
			})
			.run();
		const copy = { id: copyId, serviceId, sourceName: 'old', state: 'running' as const, createdAt: now };
		insertCopy(tx, copy, [{ source: 'a', target: 'b' }]);
	});
	const [row] = listCopyBuckets(db, copyId);
	if (row === undefined) throw new Error('no bucket');
	return row;
}
