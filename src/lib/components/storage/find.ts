import { api } from '$lib/trpc/api';

/** The first buckets whose names hold the text. */
export async function findBuckets(
	serviceId: string,
	search: string,
): Promise<{ names: readonly string[]; hasMore: boolean }> {
	const asked = { serviceId, limit: 1, bucketLimit: 50, ...(search === '' ? {} : { bucketSearch: search }) };
	const { buckets, nextBucketCursor } = await api.storageKeys.list.query(asked);
	return { names: buckets, hasMore: nextBucketCursor !== null };
}
