import { refresh } from '$lib/state/refresh.svelte';
import { api } from '$lib/trpc/api';
import type { LinkLifetime, ObjectPlace } from '$lib/shared/storage-links';

/** What loads that list objects depend on. */
export const objectsKey = 'sh0:objects';

type InBucket = { serviceId: string; bucket: string };
type UploadPlace = ObjectPlace & { uploadId: string };

/** Asks, then reads back what the bucket has now. What the call rejects with is for the caller to show. */
async function changing<T>(call: Promise<T>): Promise<T> {
	try {
		return await call;
	} finally {
		await refresh(objectsKey);
	}
}

export function createFolder(input: InBucket & { prefix: string; name: string }): Promise<unknown> {
	return changing(api.objects.createFolder.mutate(input));
}

/** Removes objects at once; with folders among them it is long work, whose operation is answered. */
export async function removeObjects({
	prefixes,
	...input
}: InBucket & { prefixes: string[]; keys: string[] }): Promise<string | null> {
	if (prefixes.length === 0) {
		await changing(api.objects.remove.mutate(input));
		return null;
	}
	const { operationId } = await api.objects.removeAll.mutate({ ...input, prefixes });
	return operationId;
}

/** The address by which anybody reads the object until it expires. */
export async function signedLink(input: ObjectPlace & { expiresInSeconds: LinkLifetime }): Promise<string> {
	const { path } = await api.objects.signedUrl.mutate(input);
	return new URL(path, location.origin).href;
}

export async function createUpload(input: ObjectPlace & { contentType: string }): Promise<string> {
	return (await api.objects.createUpload.mutate(input)).uploadId;
}

/** The parts that are there already. */
export async function uploadedParts(place: UploadPlace): Promise<{ number: number; sizeBytes: number }[]> {
	return (await api.objects.listParts.query(place)).parts;
}

export function completeUpload(input: UploadPlace & { parts: number; sizeBytes: number }): Promise<unknown> {
	return api.objects.completeUpload.mutate(input);
}

export function abortUpload(place: UploadPlace): Promise<unknown> {
	return api.objects.abortUpload.mutate(place);
}
