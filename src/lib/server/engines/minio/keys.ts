import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { AppError, nullOn } from '../../errors';
import { pageOf } from '../page';
import { checkedKeys } from '../s3-family/checked';
import { isOwnKey, searchText } from '../s3-family/key-material';
import { hasAnyRight } from '../s3-family/rights';
import type { BucketKeys, BucketPermission, StorageKeyInfo } from '../storage';
import { allEnded, type Turns } from '../turns';
import type { MinioClient } from './client';
import { factsOf, keyOfPolicy, policyNameOf, policyOf, policySchema, type KeyPolicy } from './policies';

/** Throws BUCKET_NOT_FOUND unless all are there. */
export type AssertBuckets = (names: string[]) => Promise<void>;

function infoOf(id: string, policy: KeyPolicy): StorageKeyInfo {
	return { name: id, createdAt: null, ...factsOf(policy) };
}

/** Keys of ours with what they may do; another policy of this name that is no policy of a key is left out. */
export async function allKeys(client: MinioClient): Promise<StorageKeyInfo[]> {
	const policies = await client.get('list-canned-policies', z.record(z.string(), z.unknown()));
	return Object.entries(policies).flatMap(([name, text]) => {
		const id = keyOfPolicy(name);
		const policy = policySchema.safeParse(text);
		return id !== null && policy.success ? [infoOf(id, policy.data)] : [];
	});
}

async function isThere(client: MinioClient, id: string): Promise<boolean> {
	const known = z.unknown().transform(() => true);
	const user = client.get('user-info', known, { query: { accessKey: id } });
	return (await nullOn('STORAGE_KEY_NOT_FOUND', user)) ?? false;
}

/** Null when there is no such key. */
async function findKey(client: MinioClient, id: string): Promise<StorageKeyInfo | null> {
	const asked = client.get('info-canned-policy', policySchema, { query: { name: policyNameOf(id) } });
	const policy = await nullOn('STORAGE_KEY_NOT_FOUND', asked);
	return policy && infoOf(id, policy);
}

async function getKey(client: MinioClient, id: string): Promise<StorageKeyInfo> {
	const key = await findKey(client, id);
	if (!key) throw new AppError('STORAGE_KEY_NOT_FOUND');
	return key;
}

async function writePolicy(
	client: MinioClient,
	id: string,
	facts: Parameters<typeof policyOf>[0],
): Promise<void> {
	await client.change('PUT', 'add-canned-policy', {
		query: { name: policyNameOf(id) },
		body: policyOf(facts),
	});
}

/** Makes the key; until its policy is attached, which comes last, it can do nothing. Throws what `assertBuckets` throws. */
export async function createKey(
	client: MinioClient,
	{ id, isNewId, secret, ...facts }: Parameters<BucketKeys['import']>[0],
	assertBuckets: AssertBuckets,
): Promise<void> {
	const looked = assertBuckets(facts.permissions.map(({ bucket }) => bucket));
	if (isNewId !== true) {
		await looked;
		// The server would give another secret to a key that is there.
		if (await isThere(client, id)) throw new AppError('STORAGE_KEY_EXISTS');
	}
	const make = () =>
		allEnded([
			writePolicy(client, id, facts),
			client.change('PUT', 'add-user', {
				query: { accessKey: id },
				body: { secretKey: secret.reveal(), status: 'enabled' },
				isSealed: true,
			}),
		]);
	const attach = () =>
		client.change('PUT', 'set-user-or-group-policy', {
			query: { policyName: policyNameOf(id), userOrGroup: id, isGroup: 'false' },
		});
	try {
		await allEnded([looked, make()]);
		// A server that is still reading its accounts, as after a crash, forgets those that are made meanwhile.
		if ((await nullOn('STORAGE_KEY_NOT_FOUND', attach())) === null) {
			await make();
			await attach();
		}
	} catch (error) {
		await removeKey(client, id).catch(() => undefined);
		throw error;
	}
}

/** Throws STORAGE_KEY_NOT_FOUND when there is neither the account nor its policy; one that was left alone goes too. */
export async function removeKey(client: MinioClient, id: string): Promise<void> {
	const isUser = await isThere(client, id);
	if (isUser) await client.change('DELETE', 'remove-user', { query: { accessKey: id } });
	const hasPolicy = (await findKey(client, id)) !== null;
	if (hasPolicy) await client.change('DELETE', 'remove-canned-policy', { query: { name: policyNameOf(id) } });
	if (!isUser && !hasPolicy) throw new AppError('STORAGE_KEY_NOT_FOUND');
}

function withPermission(
	key: StorageKeyInfo,
	bucket: string,
	permission: BucketPermission,
): StorageKeyInfo['permissions'] {
	const others = key.permissions.filter((one) => one.bucket !== bucket);
	return hasAnyRight(permission) ? [...others, { bucket, ...permission }] : others;
}

/** Takes these keys' rights in a bucket away: they would hold in a later one of the same name. */
export async function forgetBucket(
	client: MinioClient,
	{ bucket, keys }: { bucket: string; keys: StorageKeyInfo[] },
): Promise<void> {
	for (const key of keys) {
		const permissions = key.permissions.filter((permission) => permission.bucket !== bucket);
		if (!isDeepStrictEqual(permissions, key.permissions))
			await writePolicy(client, key.name, { ...key, permissions });
	}
}

/** Keys of apps; changes run one after another. */
export function bucketKeys(
	client: MinioClient,
	{ inTurn, assertBuckets }: { inTurn: Turns; assertBuckets: AssertBuckets },
): BucketKeys {
	return checkedKeys(
		{
			list: async (request) =>
				pageOf(
					(await allKeys(client)).filter((key) => !isOwnKey(key.name)),
					request,
					searchText,
				),
			find: (id) => findKey(client, id),
			import: (input) => createKey(client, input, assertBuckets),
			async update({ id, description, expiresAt }) {
				const key = await getKey(client, id);
				await writePolicy(client, id, {
					...key,
					...(description === undefined ? {} : { description }),
					...(expiresAt === undefined ? {} : { expiresAt }),
				});
			},
			async setPermission({ id, bucket, permission }) {
				await assertBuckets([bucket]);
				const key = await getKey(client, id);
				await writePolicy(client, id, { ...key, permissions: withPermission(key, bucket, permission) });
			},
			remove: (id) => removeKey(client, id),
			exportSecret: null,
		},
		inTurn,
	);
}
