import type { CopiedKey } from '$lib/shared/storage-copies';
import { isKeyId } from '$lib/shared/storage-names';
import type { BucketPermission, StorageAdmin, StorageKeyInfo } from '../../engines/storage';
import { isAppError } from '../../errors';
import type { SourceKeys } from './sources';

const PAGE = 200;
/** As many are told of. */
const MOST_KEYS = 1_000;

type HasKeys = Pick<StorageAdmin, 'keys'>;
type From = { keys: SourceKeys };

/** Keys that this copy has begun to carry over, in this attempt or in an earlier one. */
export type BegunKeys = {
	has(id: string): boolean;
	/** Before anything of it is at the target. */
	add(key: CopiedKey): void;
};

/** Every key of a server, a page at a time. */
async function* allKeys(admin: From): AsyncGenerator<StorageKeyInfo> {
	let cursor: string | undefined;
	do {
		const page = await admin.keys.list({ limit: PAGE, ...(cursor === undefined ? {} : { cursor }) });
		yield* page.items;
		cursor = page.nextCursor ?? undefined;
	} while (cursor !== undefined);
}

/**
 * Carries the keys that open any of these buckets over, with what they may do in them. One that the target has already is given these
 * rights beside its own, unless `begun` has it. No key ends it that a server refuses. `buckets`: the target's name by the source's.
 */
export async function copyKeys(
	source: From,
	target: HasKeys,
	buckets: ReadonlyMap<string, string>,
	begun: BegunKeys,
): Promise<CopiedKey[]> {
	const copied: CopiedKey[] = [];
	for await (const key of allKeys(source)) {
		const permissions = key.permissions.flatMap(({ bucket, ...rights }) => {
			const name = buckets.get(bucket);
			return name === undefined ? [] : [{ bucket: name, ...rights }];
		});
		const hasEnded = key.expiresAt !== null && key.expiresAt <= new Date();
		if (permissions.length === 0 || hasEnded) continue;
		const outcome = await copyKey(source, target, { key, permissions, begun });
		copied.push({ id: key.name, description: key.description, outcome });
	}
	if (copied.length <= MOST_KEYS) return copied;
	// Those that somebody must do something about come first.
	const isWell = ({ outcome }: CopiedKey) => outcome === 'carried' || outcome === 'kept';
	return copied.toSorted((a, b) => Number(isWell(a)) - Number(isWell(b))).slice(0, MOST_KEYS);
}

type Carried = { key: StorageKeyInfo; permissions: StorageKeyInfo['permissions']; begun: BegunKeys };

/** What a server refuses to one key alone; the others go on. */
const refusals = [
	...(['STORAGE_KEY_EXISTS', 'STORAGE_KEY_NOT_FOUND', 'NAME_INVALID', 'NAME_RESERVED'] as const),
	...(['PASSWORD_UNUSABLE', 'BAD_INPUT', 'BUCKET_NOT_FOUND', 'NOT_SUPPORTED', 'ENGINE_REFUSED'] as const),
];

async function copyKey(source: From, target: HasKeys, carried: Carried): Promise<CopiedKey['outcome']> {
	const { name: id, description, expiresAt } = carried.key;
	// A server makes ids of other forms itself, when somebody asks it by hand.
	if (!isKeyId(id)) return 'refused';
	try {
		const there = await target.keys.find(id);
		if (there !== null) return await keepKey(source, target, { there, ...carried });
		if (source.keys.exportSecret === null) return 'newNeeded';
		const secret = await source.keys.exportSecret(id);
		carried.begun.add({ id, description, outcome: 'carried' });
		await target.keys.import({ id, secret, description, expiresAt, permissions: carried.permissions });
		return 'carried';
	} catch (error) {
		if (isAppError(error, ...refusals)) return 'refused';
		throw error;
	}
}

/** Adds what the key may do in the source to what it may do here; nothing to another key that has the same id by chance. */
async function keepKey(
	source: From,
	target: HasKeys,
	{ there, key, permissions, begun }: Carried & { there: StorageKeyInfo },
): Promise<CopiedKey['outcome']> {
	const { name: id } = there;
	const [one, other] = await Promise.all([source.keys.exportSecret?.(id), target.keys.exportSecret?.(id)]);
	if (one !== undefined && other !== undefined && one.reveal() !== other.reveal()) return 'refused';
	// A server that went away while it took the key over may not have been told of its end.
	const isBare = there.permissions.length === 0 && !there.hasOtherRights;
	if (isBare && endsBefore(key.expiresAt, there.expiresAt))
		await target.keys.update({ id, expiresAt: key.expiresAt });
	for (const { bucket, ...permission } of permissions) {
		const present = there.permissions.find((right) => right.bucket === bucket);
		await target.keys.setPermission({ id, bucket, permission: union(permission, present ?? permission) });
	}
	return begun.has(id) ? 'carried' : 'kept';
}

function endsBefore(end: Date | null, other: Date | null): boolean {
	return end !== null && (other === null || end < other);
}

function union(one: BucketPermission, other: BucketPermission): BucketPermission {
	return {
		read: one.read || other.read,
		write: one.write || other.write,
		owner: one.owner || other.owner,
	};
}
