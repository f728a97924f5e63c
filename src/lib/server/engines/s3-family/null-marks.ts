import { DeleteObjectCommand, type S3Client } from '@aws-sdk/client-s3';

/**
 * For engines that answer that they have removed the mark of an object which was removed while its bucket kept no versions any more, and
 * keep it: SeaweedFS looks for an object of that version where it keeps those without one, and has such a mark as a file beside the
 * object's versions.
 */
const FILE = '.versions/v_null';

/** In the form of a version's id, and of no version: it is made of the time, counted down, and this is 1970. */
const NO_VERSION = '7fffffffffffffff0000000000000000';

/** Removes the mark of a removed object by the name of its file; then a version that is not there, with which an empty folder of versions goes. */
export async function removeNullMark(s3: S3Client, bucket: string, key: string): Promise<void> {
	await s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: key + FILE, VersionId: 'null' }));
	await s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: key, VersionId: NO_VERSION }));
}
