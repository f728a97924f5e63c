import { z } from 'zod';
import type { RemovalLimits } from '../engines/s3-family/object-removal';
import type { StorageAccess, StorageAdmin } from '../engines/storage';
import { AppError } from '../errors';
import type { Step, StepContext } from '../operations/definition';
import { getService, type ServiceRow } from '../services/repository';
import type { StorageDeps } from './deps';
import { persistently } from './persistently';

/** How long the key that removes objects lasts at least; before it ends the work begins again with another one. */
const KEY_LIFETIME_MS = 15 * 60_000;
const KEY_MARGIN_MS = 60_000;

export type RemovalDeps = Pick<StorageDeps<ServiceRow>, 'db' | 'broker' | 'engineById'>;

/** The bucket that was meant when work in it was asked for. */
export const meantBucket = z.strictObject({ bucket: z.string(), bucketId: z.string() });
export type MeantBucket = z.infer<typeof meantBucket>;

/** Throws BUCKET_NOT_FOUND when it is gone, also when another one has its name now. */
export async function assertSameBucket(
	admin: StorageAdmin,
	{ bucket, bucketId }: MeantBucket,
): Promise<void> {
	if ((await admin.bucketId(bucket)) !== bucketId) throw new AppError('BUCKET_NOT_FOUND');
}

/** Which objects of a bucket go. */
type Removal<I extends MeantBucket> = {
	/** How many there are left, or null when that is not known. */
	count(admin: StorageAdmin, input: I): Promise<number | null>;
	/** Goes through what is left from its beginning, within the limits, and answers after each batch how many went. */
	remove(
		access: StorageAccess,
		input: I,
		asked: { service: ServiceRow; limits: RemovalLimits },
	): AsyncGenerator<number>;
};

/**
 * Removes objects until none of them is left, over restarts of the engine and of the panel. What apps put there after it was asked for
 * stays, since it may be taken up again a day later.
 */
export function removalStep<I extends MeantBucket>(deps: RemovalDeps, removal: Removal<I>): Step<I> {
	return {
		key: 'removeObjects',
		async run(context) {
			const count = { removed: 0, total: 0 };
			const onWait = (error: unknown): void => {
				const waitsFor = error === null ? {} : { waitsFor: 'server' as const };
				context.progress({
					done: count.removed,
					total: count.total,
					unit: 'objects',
					line: null,
					...waitsFor,
				});
			};
			await persistently(context.signal, (moved) => removeSome(deps, removal, context, { count, moved }), {
				onWait,
			});
		},
	};
}

/** As long as one key lasts. */
async function removeSome<I extends MeantBucket>(
	{ db, broker }: RemovalDeps,
	removal: Removal<I>,
	{ operation, input, signal, progress }: StepContext<I>,
	{ count, moved }: { count: { removed: number; total: number }; moved: () => void },
): Promise<'all' | 'part'> {
	const service = getService(db, operation.serviceId);
	const admin = await broker.storageAdmin(service);
	await assertSameBucket(admin, input);
	const objects = await removal.count(admin, input);
	count.total = objects === null ? 0 : count.removed + objects;
	const tell = (): void => progress({ done: count.removed, total: count.total, unit: 'objects', line: null });
	tell();
	const access = await admin.access({ bucket: input.bucket, level: 'remove', lifetimeMs: KEY_LIFETIME_MS });
	const endsAtMs = access.expiresAt.getTime() - KEY_MARGIN_MS;
	const limits: RemovalLimits = {
		until: operation.createdAt,
		// A restarted server has another admin.
		assertSameBucket: async () => assertSameBucket(await broker.storageAdmin(service), input),
	};
	const before = count.removed;
	for await (const removed of removal.remove(access, input, { service, limits })) {
		count.removed += removed;
		if (removed > 0) moved();
		tell();
		signal.throwIfAborted();
		// Where all that is left is refused, another key would begin the same again.
		if (Date.now() > endsAtMs && count.removed > before) return 'part';
	}
	return 'all';
}
