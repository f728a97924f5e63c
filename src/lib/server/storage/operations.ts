import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { emptyBucket } from '../engines/s3-family/object-removal';
import { isAppError } from '../errors';
import { defineOperation, type AnyOperation, type Step, type StepContext } from '../operations/definition';
import { getService, type ServiceRow } from '../services/repository';
import { getBucket } from './buckets';
import { capabilitiesOf, type StorageDeps } from './deps';

const bucketInput = z.strictObject({ bucket: z.string() });
type Input = z.infer<typeof bucketInput>;
type Deps = Pick<StorageDeps<ServiceRow>, 'db' | 'broker' | 'engineById'>;

/** How long the key that removes objects lasts at least; before it ends the work begins again with another one. */
const KEY_LIFETIME_MS = 15 * 60_000;
const KEY_MARGIN_MS = 60_000;
/** A server that was restarted meanwhile is waited for. */
const PATIENCE_MS = 2 * 60_000;
const PAUSE_MS = 2_000;

/** Long work inside a bucket. */
export function bucketOperations(deps: Deps): AnyOperation[] {
	return [emptyOperation(deps), removeOperation(deps)];
}

/** Removes all that is in a bucket; it stays, with its settings. */
function emptyOperation(deps: Deps): AnyOperation {
	return defineOperation({ kind: 'bucket.empty', input: bucketInput, steps: [removeObjectsStep(deps)] });
}

/** Removes a bucket with all that is in it. */
function removeOperation(deps: Deps): AnyOperation {
	const removeObjects = removeObjectsStep(deps);
	return defineOperation({
		kind: 'bucket.remove',
		input: bucketInput,
		steps: [
			{ ...removeObjects, run: (context) => unlessGone(() => removeObjects.run(context)) },
			{
				key: 'removeBucket',
				run: ({ operation, input }) =>
					unlessGone(async () => {
						const admin = await deps.broker.storageAdmin(getService(deps.db, operation.serviceId));
						await admin.removeBucket(input.bucket);
					}),
			},
		],
	});
}

/** A bucket that is gone is what was wanted. */
async function unlessGone(work: () => Promise<void>): Promise<void> {
	try {
		await work();
	} catch (error) {
		if (!isAppError(error, 'BUCKET_NOT_FOUND')) throw error;
	}
}

function isAway(error: unknown): boolean {
	return isAppError(error, 'ENGINE_UNREACHABLE', 'ENGINE_NOT_READY', 'SERVICE_NOT_RUNNING');
}

function removeObjectsStep(deps: Deps): Step<Input> {
	return {
		key: 'removeObjects',
		async run(context) {
			const count = { removed: 0 };
			for (let movedAtMs = Date.now(); ;) {
				const before = count.removed;
				try {
					if ((await removeSome(deps, context, count)) === 'all') return;
				} catch (error) {
					if (count.removed > before) movedAtMs = Date.now();
					if (!isAway(error) || Date.now() - movedAtMs > PATIENCE_MS) throw error;
					await sleep(PAUSE_MS, undefined, { signal: context.signal });
				}
			}
		},
	};
}

/** Goes through the bucket from its beginning, as long as one key lasts. */
async function removeSome(
	{ db, broker, engineById }: Deps,
	{ operation, input: { bucket }, signal, progress }: StepContext<Input>,
	count: { removed: number },
): Promise<'all' | 'part'> {
	const service = getService(db, operation.serviceId);
	const admin = await broker.storageAdmin(service);
	const { objects } = await getBucket(admin, bucket);
	const total = objects === null ? 0 : count.removed + objects;
	const tell = (): void => progress({ done: count.removed, total, unit: 'objects', line: null });
	tell();
	const access = await admin.access({ bucket, level: 'write', lifetimeMs: KEY_LIFETIME_MS });
	const endsAtMs = access.expiresAt.getTime() - KEY_MARGIN_MS;
	const hasVersions = capabilitiesOf({ engineById }, service).versioning === null;
	for await (const removed of emptyBucket(access, { bucket, hasVersions })) {
		count.removed += removed;
		tell();
		signal.throwIfAborted();
		if (Date.now() > endsAtMs) return 'part';
	}
	return 'all';
}
