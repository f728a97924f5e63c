import { sentenceOfCode } from '$lib/i18n/error-sentences';
import { linkPrefix } from '$lib/shared/storage-links';
import { bucketNameProblem } from '$lib/shared/storage-names';
import type { RouterOutputs } from '$lib/trpc/client';

export type Bucket = RouterOutputs['buckets']['list']['items'][number];
export type BucketDetail = RouterOutputs['buckets']['get'];
export type PublicAccess = Bucket['publicAccess'];
export type SizePoint = BucketDetail['growth'][number];

/** From here on somebody should look at it: writing stops at the limit. */
export const NEARLY_FULL = 0.9;

/** What is wrong with a new bucket's name while it is typed, as a sentence; undefined when nothing is. */
export function bucketNameSentence(name: string, taken: readonly string[]): string | undefined {
	if (name === '') return undefined;
	const problem = bucketNameProblem(name);
	if (problem) return sentenceOfCode(problem.code, problem.details);
	return taken.includes(name) ? sentenceOfCode('BUCKET_EXISTS') : undefined;
}

/** The share of its limits that a bucket has used, the larger one; undefined without a limit or a count. */
export function fullness({ quota, sizeBytes, objects }: Bucket): number | undefined {
	const shares = [
		quota.maxBytes === null || sizeBytes === null ? [] : [sizeBytes / quota.maxBytes],
		quota.maxObjects === null || objects === null ? [] : [objects / quota.maxObjects],
	].flat();
	return shares.length === 0 ? undefined : Math.max(...shares);
}

/** Where everybody reads the objects of a public bucket; an object's name follows. */
export function publicAddress(origin: string, serviceId: string, bucket: string): string {
	return `${origin}${linkPrefix}${serviceId}/${bucket}/`;
}

export function bucketPath(serviceId: string, bucket: string): string {
	return `/storage/${serviceId}/buckets/${encodeURIComponent(bucket)}`;
}
