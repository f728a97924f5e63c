import { emptyBucket } from '../engines/s3-family/object-removal';
import { AppError, isAppError } from '../errors';
import { defineOperation, type AnyOperation, type Step } from '../operations/definition';
import { getService } from '../services/repository';
import { getBucket } from './buckets';
import { capabilitiesOf, traitsOf } from './deps';
import { assertSameBucket, meantBucket, removalStep, type MeantBucket, type RemovalDeps } from './removal';

/** Long work inside a bucket. */
export function bucketOperations(deps: RemovalDeps): AnyOperation[] {
	return [emptyOperation(deps), removeOperation(deps)];
}

/** Removes all that was in a bucket when it was asked for; it stays, with its settings. */
function emptyOperation(deps: RemovalDeps): AnyOperation {
	return defineOperation({ kind: 'bucket.empty', input: meantBucket, steps: [removeObjectsStep(deps)] });
}

/** Removes a bucket with all that was in it when it was asked for; with what came later it stays. */
function removeOperation(deps: RemovalDeps): AnyOperation {
	const removeObjects = removeObjectsStep(deps);
	return defineOperation({
		kind: 'bucket.remove',
		input: meantBucket,
		steps: [
			{ ...removeObjects, run: (context) => unlessGone(() => removeObjects.run(context)) },
			{
				key: 'removeBucket',
				run: ({ operation, input }) =>
					unlessGone(async () => {
						const admin = await deps.broker.storageAdmin(getService(deps.db, operation.serviceId));
						await assertSameBucket(admin, input);
						await admin.removeBucket(input.bucket).catch(rethrowFilled);
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

function rethrowFilled(error: unknown): never {
	if (!isAppError(error, 'BUCKET_NOT_EMPTY')) throw error;
	throw new AppError('BUCKET_NOT_EMPTY', { cause: error, details: { reason: 'filled' } });
}

function removeObjectsStep(deps: RemovalDeps): Step<MeantBucket> {
	return removalStep(deps, {
		count: async (admin, { bucket }) => (await getBucket(admin, bucket)).objects,
		remove: (access, { bucket }, { service, limits }) => {
			const hasVersions = capabilitiesOf(deps, service).versioning === null;
			const { leavesFolders, keepsNullMarks } = traitsOf(deps, service);
			return emptyBucket(access, { bucket, hasVersions, leavesFolders, keepsNullMarks }, limits);
		},
	});
}
