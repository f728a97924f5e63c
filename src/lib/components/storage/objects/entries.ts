import type { RouterOutputs } from '$lib/trpc/client';

type Listed = RouterOutputs['objects']['list'];

/** A row of the browser: a folder has no facts of its own. */
export type Entry = { key: string; isFolder: boolean; sizeBytes: number | null; changedAt: Date | null };

/** Folders first, each by name as the server has them. */
export function entriesOf({ prefixes, objects }: Listed): Entry[] {
	return [
		...prefixes.map((key) => ({ key, isFolder: true, sizeBytes: null, changedAt: null })),
		...objects.map((object) => ({ ...object, isFolder: false })),
	];
}
