import type { BucketPermission } from '../storage';

/** What a key may do in a bucket, for engines that keep it as statements of S3's policy language. */

export type Right = keyof BucketPermission;

export const rights = ['read', 'write', 'owner'] as const satisfies Right[];
export const noRights: BucketPermission = { read: false, write: false, owner: false };

/** The version of the policy language that every engine reads. */
export const POLICY_VERSION = '2012-10-17';

const actions: Record<Right, string[]> = {
	read: [
		's3:GetBucketLocation',
		's3:GetObject',
		's3:GetObjectTagging',
		's3:GetObjectVersion',
		's3:ListBucket',
		's3:ListBucketMultipartUploads',
		's3:ListBucketVersions',
	],
	write: [
		's3:AbortMultipartUpload',
		's3:DeleteObject',
		's3:DeleteObjectTagging',
		's3:DeleteObjectVersion',
		's3:GetBucketLocation',
		's3:ListMultipartUploadParts',
		's3:PutObject',
		's3:PutObjectTagging',
	],
	owner: [
		's3:DeleteBucket',
		's3:GetBucketLocation',
		's3:GetBucketVersioning',
		's3:GetLifecycleConfiguration',
		's3:PutBucketVersioning',
		's3:PutLifecycleConfiguration',
	],
};

/**
 * The actions of each right, with those that one engine has besides. Sorted: a statement on a server is known as ours by being the same
 * to the letter.
 */
export function actionsOfRights(besides: Partial<Record<Right, string[]>> = {}): Record<Right, string[]> {
	const withMore = (right: Right) => [...actions[right], ...(besides[right] ?? [])].sort();
	return { read: withMore('read'), write: withMore('write'), owner: withMore('owner') };
}

/** The bucket and all in it, as a statement names them. */
export function resourcesOf(bucket: string): string[] {
	return [`arn:aws:s3:::${bucket}`, `arn:aws:s3:::${bucket}/*`];
}

/** Lets everybody read the bucket's objects; listing it stays for keys. */
export function publicReadStatement(bucket: string): Record<string, unknown> {
	return {
		Sid: 'sh0-public-read',
		Effect: 'Allow',
		Principal: { AWS: ['*'] },
		Action: ['s3:GetObject'],
		Resource: [`arn:aws:s3:::${bucket}/*`],
	};
}

/** A moment as conditions know it, in whole seconds. */
export function toSecond(date: Date): string {
	return date.toISOString().replace(/\.\d{3}Z$/, 'Z');
}

export function hasAnyRight({ read, write, owner }: BucketPermission): boolean {
	return read || write || owner;
}

/** In the order in which a key's rights are shown. */
export function byBucket<T extends { bucket: string }>(permissions: T[]): T[] {
	return permissions.toSorted((a, b) => (a.bucket < b.bucket ? -1 : 1));
}
