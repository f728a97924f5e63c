import { abandonUpload } from '../../engines/s3-family/copy/uploads';
import { isAppError } from '../../errors';
import type { ServiceRow } from '../../services/repository';
import { listCopies, listCopyBuckets, saveProgress, type BucketRow } from './repository';
import { openTarget, type CopyDeps } from './sources';

/** Frees the parts of uploads that will not be gone on with; best effort: a server that is away keeps them as unfinished uploads. */
export async function abandonUploads(deps: CopyDeps, service: ServiceRow, copyId: string): Promise<void> {
	for (const row of listCopyBuckets(deps.db, copyId)) {
		const uploads = Object.entries(row.uploads);
		if (uploads.length === 0) continue;
		const target = await openTarget(deps, service, row.target).catch((error: unknown) => {
			// They have gone with their bucket.
			if (isAppError(error, 'BUCKET_NOT_FOUND')) saveProgress(deps.db, { ...row, uploads: {} }, []);
			else deps.log.warn('unfinished uploads left', { copy: copyId, bucket: row.target, error });
			return null;
		});
		if (target === null) continue;
		const left: BucketRow['uploads'] = {};
		for (const [key, upload] of uploads)
			if (!(await abandonUpload(target.side, { key, uploadId: upload.id }))) left[key] = upload;
		target.close();
		saveProgress(deps.db, { ...row, uploads: left }, []);
	}
}

/** Frees what copies that are over could not when they ended, since the server was away then. */
export async function freeOfEarlier(deps: CopyDeps, service: ServiceRow): Promise<void> {
	for (const { id, state } of listCopies(deps.db, service.id))
		if (state !== 'running' && state !== 'paused') await abandonUploads(deps, service, id);
}
