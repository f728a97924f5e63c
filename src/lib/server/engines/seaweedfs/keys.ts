import { isKeyId } from '$lib/shared/storage-names';
import { AppError, nullOn } from '../../errors';
import { pageOf } from '../page';
import { checkedKeys } from '../s3-family/checked';
import { listS3Buckets } from '../s3-family/buckets';
import type { S3Client } from '../s3-family/client';
import { isOwnKey, searchText } from '../s3-family/key-material';
import { byBucket, noRights } from '../s3-family/rights';
import type { BucketKeys, StorageKeyInfo } from '../storage';
import { forEachOf, type Turns } from '../turns';
import { changeRights, findRights, getRights } from './bucket-policies';
import type { SeaweedClient } from './client';
import { factsOf, tagsOf, type KeyFacts } from './facts';
import { isNamedByOthers, withGrant, type BucketRights, type Grant } from './policies';
import { textsOf } from './xml';

/** The two ways to speak to one server. */
export type Server = { client: SeaweedClient; s3: S3Client };

type RightsOfBucket = BucketRights & { bucket: string };

const MOST_CALLS = 4;

/** A key is an account of the same name with one access key. */
async function allKeyIds({ client }: Server): Promise<string[]> {
	return textsOf(await client.iam('ListUsers'), 'UserName').filter(isKeyId);
}

/** Null when there is no such key. */
async function findFacts({ client }: Server, id: string): Promise<KeyFacts | null> {
	const xml = await nullOn('STORAGE_KEY_NOT_FOUND', client.iam('ListUserTags', { UserName: id }));
	if (xml === null) return null;
	const values = textsOf(xml, 'Value');
	return factsOf(new Map(textsOf(xml, 'Key').map((name, index) => [name, values[index] ?? ''])));
}

async function getFacts(server: Server, id: string): Promise<KeyFacts> {
	const facts = await findFacts(server, id);
	if (!facts) throw new AppError('STORAGE_KEY_NOT_FOUND');
	return facts;
}

async function allFacts(server: Server, ids: string[]): Promise<({ name: string } & KeyFacts)[]> {
	const found = await forEachOf(ids, { most: MOST_CALLS }, async (id) => {
		const facts = await findFacts(server, id);
		return facts ? [{ name: id, ...facts }] : [];
	});
	return found.flat();
}

async function writeFacts({ client }: Server, id: string, facts: KeyFacts): Promise<void> {
	const tags = [...tagsOf(facts)].flatMap(([name, value], index) => [
		[`Tags.member.${index + 1}.Key`, name],
		[`Tags.member.${index + 1}.Value`, value],
	]);
	await client.iam('TagUser', { UserName: id, ...Object.fromEntries(tags) });
}

async function allRights({ s3 }: Server): Promise<RightsOfBucket[]> {
	const buckets = await listS3Buckets(s3);
	return forEachOf(buckets, { most: MOST_CALLS }, async ({ name }) => ({
		bucket: name,
		...(await findRights(s3, name)),
	}));
}

/** True when somebody gave the account a policy by hand. */
async function hasPolicies({ client }: Server, id: string): Promise<boolean> {
	const [own, attached] = await Promise.all([
		client.iam('ListUserPolicies', { UserName: id }),
		client.iam('ListAttachedUserPolicies', { UserName: id }),
	]);
	return textsOf(own, 'member').length + textsOf(attached, 'PolicyName').length > 0;
}

async function infoOf(
	server: Server,
	key: { name: string } & KeyFacts,
	rights: RightsOfBucket[],
): Promise<StorageKeyInfo> {
	const permissions = rights.flatMap(({ bucket, grants }) =>
		grants
			.filter(({ id }) => id === key.name)
			.map(({ read, write, owner }) => ({ bucket, read, write, owner })),
	);
	const isNamed = rights.some((one) => isNamedByOthers(one, key.name));
	return {
		...key,
		permissions: byBucket(permissions),
		hasOtherRights: isNamed || (await hasPolicies(server, key.name)),
	};
}

function withoutKeys(current: BucketRights, ids: string[]): BucketRights {
	return ids.reduce((left, id) => withGrant(left, { id, ...noRights, expiresAt: null }), current);
}

/** Takes the keys' rights away wherever they have some: one look at all buckets, however many keys. */
async function forgetKeys(server: Server, ids: string[]): Promise<void> {
	for (const { bucket, grants } of await allRights(server)) {
		const named = ids.filter((id) => grants.some((grant) => grant.id === id));
		// It may have gone meanwhile.
		if (named.length > 0)
			await nullOn(
				'BUCKET_NOT_FOUND',
				changeRights(server.s3, bucket, (current) => withoutKeys(current, named)),
			);
	}
}

/**
 * Makes the key; until its rights are written, which comes last, it can do nothing. No bucket is asked for what was left of a former key when
 * its id is new. `rightsEnd`: when its rights end by themselves. By the caller's turn.
 */
export async function createKey(
	server: Server,
	{ id, isNewId, secret, description, expiresAt, permissions }: Parameters<BucketKeys['import']>[0],
	{ rightsEnd }: { rightsEnd: Date | null },
): Promise<void> {
	const { client, s3 } = server;
	await client.iam('CreateUser', { UserName: id });
	try {
		// What was left of a former key of this id would be this one's.
		if (isNewId !== true) await forgetKeys(server, [id]);
		await writeFacts(server, id, { description, createdAt: new Date(), expiresAt });
		await client.iam('CreateAccessKey', {
			...{ UserName: id, AccessKeyId: id, SecretAccessKey: secret.reveal() },
		});
		for (const { bucket, ...permission } of permissions)
			await changeRights(s3, bucket, (current) =>
				withGrant(current, { id, ...permission, expiresAt: rightsEnd }),
			);
	} catch (error) {
		await removeKey(server, id).catch(() => undefined);
		throw error;
	}
}

async function endKey({ client }: Server, id: string): Promise<void> {
	const accessKeys = textsOf(await client.iam('ListAccessKeys', { UserName: id }), 'AccessKeyId');
	for (const AccessKeyId of accessKeys) await client.iam('DeleteAccessKey', { UserName: id, AccessKeyId });
}

/** Ends the keys before their rights are taken away. */
async function removeKeys(server: Server, ids: string[]): Promise<void> {
	if (ids.length === 0) return;
	for (const id of ids) await endKey(server, id);
	await forgetKeys(server, ids);
	for (const id of ids) await server.client.iam('DeleteUser', { UserName: id });
}

/** By the caller's turn. Throws STORAGE_KEY_NOT_FOUND. */
export async function removeKey(server: Server, id: string): Promise<void> {
	await getFacts(server, id);
	await removeKeys(server, [id]);
}

/** Removes sh0's own keys that have ended, or were left before they had an end. By the caller's turn. */
export async function sweepOwnKeys(server: Server): Promise<void> {
	const ids = (await allKeyIds(server)).filter(isOwnKey);
	const facts = await allFacts(server, ids);
	const ended = facts.filter(({ expiresAt }) => !expiresAt || expiresAt <= new Date());
	await removeKeys(
		server,
		ended.map(({ name }) => name),
	);
}

/** Gives a key another end, in every bucket where it has rights. */
async function moveEnd(server: Server, id: string, expiresAt: Date | null): Promise<void> {
	for (const { bucket, grants } of await allRights(server)) {
		const grant = grants.find((one) => one.id === id);
		if (grant)
			await changeRights(server.s3, bucket, (current) => withGrant(current, { ...grant, expiresAt }));
	}
}

async function list(
	server: Server,
	request: Parameters<BucketKeys['list']>[0],
): ReturnType<BucketKeys['list']> {
	const ids = (await allKeyIds(server)).filter((id) => !isOwnKey(id));
	const page = pageOf(await allFacts(server, ids), request, searchText);
	const rights = await allRights(server);
	const items = await forEachOf(page.items, { most: MOST_CALLS }, (key) => infoOf(server, key, rights));
	return { ...page, items };
}

/** Keys of apps; changes run one after another. */
export function bucketKeys(server: Server, inTurn: Turns): BucketKeys {
	const { s3 } = server;
	return checkedKeys(
		{
			list: (request) => list(server, request),
			async find(id) {
				const facts = await findFacts(server, id);
				return facts && infoOf(server, { name: id, ...facts }, await allRights(server));
			},
			async import(input) {
				// A key of a new id is simply taken back when one of its buckets is missing.
				if (input.isNewId !== true) for (const { bucket } of input.permissions) await getRights(s3, bucket);
				await createKey(server, input, { rightsEnd: input.expiresAt });
			},
			async update({ id, description, expiresAt }) {
				const facts = await getFacts(server, id);
				if (expiresAt !== undefined) await moveEnd(server, id, expiresAt);
				await writeFacts(server, id, {
					...facts,
					...(description === undefined ? {} : { description }),
					...(expiresAt === undefined ? {} : { expiresAt }),
				});
			},
			async setPermission({ id, bucket, permission }) {
				const { expiresAt } = await getFacts(server, id);
				const grant: Grant = { id, ...permission, expiresAt };
				await changeRights(s3, bucket, (current) => withGrant(current, grant));
			},
			remove: (id) => removeKey(server, id),
			exportSecret: null,
		},
		inTurn,
	);
}
