import type { CopiedKey } from '$lib/shared/storage-copies';
import type { BucketPermission, StorageAdmin, StorageKeyInfo } from '../../engines/storage';
import { isAppError } from '../../errors';

const PAGE = 200;
/** As many are told of. */
const MOST_KEYS = 1_000;

/** Every key of a server, a page at a time. */
async function* allKeys(admin: StorageAdmin): AsyncGenerator<StorageKeyInfo> {
	let cursor: string | undefined;
	do {
		const page = await admin.keys.list({ limit: PAGE, ...(cursor === undefined ? {} : { cursor }) });
		yield* page.items;
		cursor = page.nextCursor ?? undefined;
	} while (cursor !== undefined);
}

/**
 * Carries the keys that open any of these buckets over, with what they may do in them. One that the target has already is given the rights
 * alone. `buckets`: the target's name by the source's.
 */
export async function copyKeys(
	source: StorageAdmin,
	target: StorageAdmin,
	buckets: ReadonlyMap<string, string>,
): Promise<CopiedKey[]> {
	const copied: CopiedKey[] = [];
	for await (const key of allKeys(source)) {
		const permissions = key.permissions.flatMap(({ bucket, ...rights }) => {
			const name = buckets.get(bucket);
			return name === undefined ? [] : [{ bucket: name, ...rights }];
		});
		const hasEnded = key.expiresAt !== null && key.expiresAt <= new Date();
		if (permissions.length === 0 || hasEnded || copied.length >= MOST_KEYS) continue;
		const outcome = await copyKey(source, target, { key, permissions });
		copied.push({ id: key.name, description: key.description, outcome });
	}
	return copied;
}

async function copyKey(
	source: StorageAdmin,
	target: StorageAdmin,
	{ key, permissions }: { key: StorageKeyInfo; permissions: (BucketPermission & { bucket: string })[] },
): Promise<CopiedKey['outcome']> {
	const { name: id, description, expiresAt } = key;
	if ((await target.keys.find(id)) !== null) {
		for (const { bucket, ...permission } of permissions)
			await target.keys.setPermission({ id, bucket, permission });
		return 'kept';
	}
	if (source.keys.exportSecret === null) return 'newNeeded';
	try {
		const secret = await source.keys.exportSecret(id);
		await target.keys.import({ id, secret, description, expiresAt, permissions });
		return 'carried';
	} catch (error) {
		const refusals = ['STORAGE_KEY_EXISTS', 'NAME_INVALID', 'PASSWORD_UNUSABLE', 'BAD_INPUT'] as const;
		if (isAppError(error, ...refusals)) return 'refused';
		// It was removed meanwhile.
		if (isAppError(error, 'STORAGE_KEY_NOT_FOUND')) return 'refused';
		throw error;
	}
}
