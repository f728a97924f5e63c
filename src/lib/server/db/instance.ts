import { randomBytes } from 'node:crypto';
import { writeTransaction, type Db } from './client';
import { instance } from './schema/index';

/** Who this installation is: made at the first call, the same for ever after. */
export function getOrCreateInstance(db: Db): { instanceId: string; createdAt: Date } {
	return writeTransaction(db, (tx) => {
		const columns = { instanceId: instance.instanceId, createdAt: instance.createdAt };
		const existing = tx.select(columns).from(instance).get();
		if (existing) return existing;
		const created = { instanceId: randomBytes(4).toString('hex'), createdAt: new Date() };
		tx.insert(instance)
			.values({ id: 1, ...created })
			.run();
		return created;
	});
}
