import { serviceKey } from '$lib/state/operations.svelte';
import { refresh } from '$lib/state/refresh.svelte';
import { api } from '$lib/trpc/api';
import type { RouterInputs, RouterOutputs } from '$lib/trpc/client';

export type NewKey = RouterOutputs['storageKeys']['create'];
export type BucketChange = Omit<RouterInputs['buckets']['update'], 'serviceId' | 'name'>;
export type Permission = NonNullable<RouterInputs['storageKeys']['setPermissions']>['permissions'][number];
export type TrialStep = RouterOutputs['storageKeys']['tryOut']['steps'][number];

/** What loads that list buckets and keys depend on. */
export const storageKey = 'sh0:storage';

/** Asks, then reads back what the engine has now. What the call rejects with is for the caller to show. */
async function changing<T>(call: Promise<T>): Promise<T> {
	try {
		return await call;
	} finally {
		await refresh(storageKey);
	}
}

/** Has the engine count what the server holds, and shows it. Never throws: what was counted before stays. */
export async function countAnew(serviceId: string): Promise<void> {
	const usage = await api.buckets.usage.query({ serviceId }).catch(() => undefined);
	if (usage) await refresh(serviceKey);
}

export function createBucket(input: RouterInputs['buckets']['create']): Promise<unknown> {
	return changing(api.buckets.create.mutate(input));
}

/** Sets what is given. */
export function updateBucket(serviceId: string, name: string, change: BucketChange): Promise<unknown> {
	return changing(api.buckets.update.mutate({ serviceId, name, ...change }));
}

/** An empty one. `confirmName` is what the person typed. */
export function removeBucket(serviceId: string, name: string, confirmName: string): Promise<unknown> {
	return changing(api.buckets.remove.mutate({ serviceId, name, confirmName }));
}

/** Begins to remove all that is in it, and itself when `removesBucket`; answers the operation's id. */
export async function emptyBucket(input: {
	serviceId: string;
	name: string;
	confirmName: string;
	removesBucket: boolean;
}): Promise<string> {
	const { operationId } = await api.buckets.empty.mutate(input);
	return operationId;
}

/** Answers the secret, which nobody can be shown again. */
export function createKey(input: RouterInputs['storageKeys']['create']): Promise<NewKey> {
	return changing(api.storageKeys.create.mutate(input));
}

export function updateKey(input: RouterInputs['storageKeys']['update']): Promise<unknown> {
	return changing(api.storageKeys.update.mutate(input));
}

/** Makes the key's rights in one bucket exactly these. */
export function setPermission(serviceId: string, keyId: string, permission: Permission): Promise<unknown> {
	return changing(api.storageKeys.setPermissions.mutate({ serviceId, keyId, permissions: [permission] }));
}

/** Ends it at once. */
export function removeKey(serviceId: string, keyId: string): Promise<unknown> {
	return changing(api.storageKeys.remove.mutate({ serviceId, keyId }));
}

/** Uploads, reads and removes one object with the key. */
export async function tryKey(input: RouterInputs['storageKeys']['tryOut']): Promise<readonly TrialStep[]> {
	return (await api.storageKeys.tryOut.mutate(input)).steps;
}
