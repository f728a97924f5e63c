import { z } from 'zod';
import { AppError, isAppError, nullOn } from '../../errors';
import { Secret } from '../../secret';
import type { BucketKeys, BucketPermission, StorageKeyInfo } from '../storage';
import { allEnded, type Turns } from '../turns';
import { pageOf } from '../page';
import { checkedKeys } from '../s3-family/checked';
import { isOwnKey, searchText } from '../s3-family/key-material';
import { byBucket, hasAnyRight, noRights } from '../s3-family/rights';
import { keySchema, secretSchema, type GarageKey } from './answers';
import { allPages, getBucket, nameOfBucket } from './buckets';
import { anyAnswer, type GarageClient } from './client';

/** The server calls a key without a name that; an empty description is kept as one blank. */
const NO_DESCRIPTION = ' ';

function infoOf(key: GarageKey): StorageKeyInfo {
	const shown = key.buckets.flatMap(({ globalAliases, permissions }) => {
		const bucket = nameOfBucket({ globalAliases });
		return bucket === null ? [] : [{ bucket, ...permissions }];
	});
	return {
		name: key.accessKeyId,
		description: key.name === NO_DESCRIPTION ? '' : key.name,
		createdAt: key.created ?? null,
		expiresAt: key.expiration ?? null,
		permissions: byBucket(shown.filter(hasAnyRight)),
		hasOtherRights: key.permissions.createBucket || shown.length < key.buckets.length,
	};
}

export async function allKeys(client: GarageClient): Promise<GarageKey[]> {
	return allPages(
		(query) => client.get('ListKeysInfo', z.array(keySchema), { query }),
		(key) => key.accessKeyId,
	);
}

function findKey(client: GarageClient, id: string): Promise<GarageKey | null> {
	return nullOn('STORAGE_KEY_NOT_FOUND', client.get('GetKeyInfo', keySchema, { query: { id } }));
}

function expiryBody(expiresAt: Date | null): object {
	return expiresAt === null ? { neverExpires: true } : { expiration: expiresAt.toISOString() };
}

type Change = { bucketId: string; accessKeyId: string; permission: BucketPermission };

/** Those that `a` has and `b` has not. */
function beyond(a: BucketPermission, b: BucketPermission): BucketPermission {
	return { read: a.read && !b.read, write: a.write && !b.write, owner: a.owner && !b.owner };
}

/** Adds rights; those that are not named stay. */
export async function grant(
	client: GarageClient,
	{ bucketId, accessKeyId, permission }: Change,
): Promise<void> {
	if (!hasAnyRight(permission)) return;
	const body = { bucketId, accessKeyId, permissions: permission };
	await client.post('AllowBucketKey', anyAnswer, { body });
}

/**
 * Makes a key's rights in a bucket exactly these, by what differs: a call costs the server as much as a login. What is taken away goes
 * first: a failure in between leaves less than was asked for.
 */
async function setPermission(
	client: GarageClient,
	{ id: accessKeyId, bucket, permission }: Parameters<BucketKeys['setPermission']>[0],
): Promise<void> {
	const { id: bucketId, keys } = await getBucket(client, bucket);
	const known = keys.find((key) => key.accessKeyId === accessKeyId);
	if (!known && !(await findKey(client, accessKeyId))) throw new AppError('STORAGE_KEY_NOT_FOUND');
	const present = known?.permissions ?? noRights;
	const excess = beyond(present, permission);
	if (hasAnyRight(excess))
		await client.post('DenyBucketKey', anyAnswer, { body: { bucketId, accessKeyId, permissions: excess } });
	await grant(client, { bucketId, accessKeyId, permission: beyond(permission, present) });
}

/**
 * Imports a key with no rights. One that is made to end does so from its first moment: a key that the server gives no such end is taken back
 * again. Only one whose server went away in between may be left, with no rights: to remove it would burn an id that may be asked for again.
 */
export async function importKey(
	client: GarageClient,
	key: { id: string; secret: string; description: string; expiresAt: Date | null },
): Promise<void> {
	const name = key.description === '' ? NO_DESCRIPTION : key.description;
	await client.post('ImportKey', anyAnswer, {
		body: { accessKeyId: key.id, secretAccessKey: key.secret, name },
	});
	if (key.expiresAt === null) return;
	try {
		await client.post('UpdateKey', anyAnswer, { query: { id: key.id }, body: expiryBody(key.expiresAt) });
	} catch (error) {
		if (!isAppError(error, 'ENGINE_UNREACHABLE', 'ENGINE_NOT_READY'))
			await removeKey(client, key.id).catch(() => undefined);
		throw error;
	}
}

export async function removeKey(client: GarageClient, id: string): Promise<void> {
	await client.post('DeleteKey', anyAnswer, { query: { id } });
}

/**
 * Looks for the buckets first, since a key that could not be given all its rights is removed and its id is burnt with it: only a server
 * that fails in between costs one. A new id is no loss, so its key is made meanwhile.
 */
async function importWithRights(
	client: GarageClient,
	{ id, isNewId, secret, permissions, ...facts }: Parameters<BucketKeys['import']>[0],
): Promise<void> {
	const lookUp = () =>
		Promise.all(
			permissions.map(async ({ bucket, ...permission }) => ({
				bucketId: (await getBucket(client, bucket)).id,
				permission,
			})),
		);
	const make = () => importKey(client, { id, secret: secret.reveal(), ...facts });
	const giveUp = async (error: unknown): Promise<never> => {
		await removeKey(client, id).catch(() => undefined);
		throw error;
	};
	let rights: Awaited<ReturnType<typeof lookUp>>;
	if (isNewId === true) [rights] = await allEnded([lookUp(), make()]).catch(giveUp);
	else {
		rights = await lookUp();
		await make();
	}
	await allEnded(rights.map((right) => grant(client, { ...right, accessKeyId: id }))).catch(giveUp);
}

async function update(
	client: GarageClient,
	{ id, description, expiresAt }: Parameters<BucketKeys['update']>[0],
): Promise<void> {
	const name = description === '' ? NO_DESCRIPTION : description;
	await client.post('UpdateKey', anyAnswer, {
		query: { id },
		body: {
			...(name === undefined ? {} : { name }),
			...(expiresAt === undefined ? {} : expiryBody(expiresAt)),
		},
	});
}

/** Keys of apps; changes run one after another. */
export function bucketKeys(client: GarageClient, inTurn: Turns): BucketKeys {
	return checkedKeys(
		{
			list: async (request) =>
				pageOf(
					(await allKeys(client)).filter((key) => !isOwnKey(key.accessKeyId)).map(infoOf),
					request,
					searchText,
				),
			async find(id) {
				const key = await findKey(client, id);
				return key && infoOf(key);
			},
			import: (input) => importWithRights(client, input),
			update: (input) => update(client, input),
			setPermission: (input) => setPermission(client, input),
			remove: (id) => removeKey(client, id),
			async exportSecret(id) {
				const { secretAccessKey } = await client.get('GetKeyInfo', secretSchema, {
					query: { id, showSecretKey: 'true' },
				});
				return new Secret(secretAccessKey);
			},
		},
		inTurn,
	);
}
