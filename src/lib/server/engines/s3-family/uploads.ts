import { AbortMultipartUploadCommand, ListMultipartUploadsCommand, type S3Client } from '@aws-sdk/client-s3';
import { toS3Error } from './client';
import { nameReader } from './paths';

type Upload = { Key: string; UploadId: string; begunAt: Date | null };

async function listUploads(s3: S3Client, bucket: string): Promise<Upload[]> {
	const found: Upload[] = [];
	let after: { KeyMarker?: string; UploadIdMarker?: string } = {};
	for (;;) {
		const page = await s3.send(
			new ListMultipartUploadsCommand({ Bucket: bucket, EncodingType: 'url', ...after }),
		);
		const read = nameReader(page);
		for (const { Key, UploadId, Initiated } of page.Uploads ?? [])
			if (Key !== undefined && UploadId !== undefined)
				found.push({ Key: read(Key), UploadId, begunAt: Initiated ?? null });
		const { NextKeyMarker, NextUploadIdMarker } = page;
		if (page.IsTruncated !== true || NextKeyMarker === undefined) return found;
		after = {
			KeyMarker: read(NextKeyMarker),
			...(NextUploadIdMarker === undefined ? {} : { UploadIdMarker: NextUploadIdMarker }),
		};
	}
}

/** As `StorageAdmin.removeUnfinishedUploads`; one whose beginning is not known counts as old. */
export async function abortUploads(
	s3: S3Client,
	{ bucket, olderThanSeconds }: { bucket: string; olderThanSeconds: number },
): Promise<number> {
	const limit = Date.now() - olderThanSeconds * 1_000;
	try {
		let ended = 0;
		for (const { Key, UploadId, begunAt } of await listUploads(s3, bucket)) {
			if (begunAt && begunAt.getTime() > limit) continue;
			await s3.send(new AbortMultipartUploadCommand({ Bucket: bucket, Key, UploadId }));
			ended += 1;
		}
		return ended;
	} catch (error) {
		throw toS3Error(error);
	}
}
