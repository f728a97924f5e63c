import { refresh } from '$lib/state/refresh.svelte';
import { api } from '$lib/trpc/api';
import type { RouterInputs, RouterOutputs } from '$lib/trpc/client';

export type CopyItem = RouterOutputs['storageCopies']['list'][number];
export type Copy = RouterOutputs['storageCopies']['get'];
export type CopyReport = RouterOutputs['storageCopies']['report'];
export type CopySource = RouterInputs['storageCopies']['check'];
export type CheckedSource = RouterOutputs['storageCopies']['check'];
type Named = { serviceId: string; copyId: string };

/** What loads that show copies depend on. */
export const copiesKey = 'sh0:copies';

/** Asks, then reads back how it stands. What the call rejects with is for the caller to show. */
async function changing<T>(call: Promise<T>): Promise<T> {
	try {
		return await call;
	} finally {
		await refresh(copiesKey);
	}
}

/** Connects to a source and lists its buckets. */
export function checkSource(input: CopySource): Promise<CheckedSource> {
	return api.storageCopies.check.mutate(input);
}

/** Begins a copy; its id. */
export async function startCopy(input: RouterInputs['storageCopies']['create']): Promise<string> {
	return (await changing(api.storageCopies.create.mutate(input))).copyId;
}

export function pauseCopy(copy: Named): Promise<unknown> {
	return changing(api.storageCopies.pause.mutate(copy));
}

export function resumeCopy(copy: Named): Promise<unknown> {
	return changing(api.storageCopies.resume.mutate(copy));
}

/** Ends it; what was copied stays. */
export function cancelCopy(copy: Named): Promise<unknown> {
	return changing(api.storageCopies.cancel.mutate(copy));
}
