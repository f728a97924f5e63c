import { MIB } from '$lib/shared/units';
import { isAppError } from '../../errors';
import type { Secret } from '../../secret';
import { probeApi, withClient } from '../s3-family/admin-api';
import { POLICY_VERSION } from '../s3-family/rights';
import type { StorageLifecycle, StorageTarget } from '../storage';
import { SeaweedClient } from './client';
import { ADMIN_USER, BOOTSTRAP_USER, containerSpec, files, rootKeyId } from './container';
import { textsOf } from './xml';

/** The server takes every right for all buckets as every right for itself too. */
const adminPolicy = {
	Version: POLICY_VERSION,
	Statement: [{ Effect: 'Allow', Action: ['s3:*'], Resource: ['arn:aws:s3:::*'] }],
};

async function unlessThere(attempt: Promise<unknown>): Promise<void> {
	try {
		await attempt;
	} catch (error) {
		if (!isAppError(error, 'STORAGE_KEY_EXISTS')) throw error;
	}
}

async function accessKeys(client: SeaweedClient, signal?: AbortSignal): Promise<string[]> {
	return textsOf(await client.iam('ListAccessKeys', { UserName: ADMIN_USER }, signal), 'AccessKeyId');
}

async function isLoggedIn(target: StorageTarget): Promise<boolean> {
	try {
		await withClient(new SeaweedClient(target), (client) => accessKeys(client));
		return true;
	} catch (error) {
		if (isAppError(error, 'ENGINE_UNREACHABLE') && error.details.reason === 'login') return false;
		throw error;
	}
}

/** The account with every right. Until the first call for it, the bootstrap password is the only way in. */
async function ensureAdmin(client: SeaweedClient): Promise<void> {
	await unlessThere(client.iam('CreateUser', { UserName: ADMIN_USER }));
	await client.iam('PutUserPolicy', {
		...{ UserName: ADMIN_USER, PolicyName: 'all', PolicyDocument: JSON.stringify(adminPolicy) },
	});
}

/** A second access key beside that of `target`: at any moment one of both works. */
async function addKey(target: StorageTarget, next: Secret): Promise<void> {
	if (await isLoggedIn({ ...target, user: ADMIN_USER, password: next })) return;
	await withClient(new SeaweedClient(target), async (client) => {
		if (target.user === BOOTSTRAP_USER) await ensureAdmin(client);
		const key = { AccessKeyId: rootKeyId(next), SecretAccessKey: next.reveal() };
		await unlessThere(client.iam('CreateAccessKey', { UserName: ADMIN_USER, ...key }));
	});
}

async function endOtherKeys(target: StorageTarget): Promise<void> {
	await withClient(new SeaweedClient(target), async (client) => {
		for (const AccessKeyId of await accessKeys(client))
			if (AccessKeyId !== rootKeyId(target.password))
				await client.iam('DeleteAccessKey', { UserName: ADMIN_USER, AccessKeyId });
	});
}

export const lifecycle: StorageLifecycle = {
	rootUser: ADMIN_USER,
	bootstrapUser: BOOTSTRAP_USER,
	minMemoryBytes: 512 * MIB,
	defaultMemoryBytes: 1_024 * MIB,
	/** A version is many releases here, and some write accounts anew in another form. */
	mayRewriteData: () => true,
	containerSpec,
	files,
	root: { kind: 'chosen', set: addKey, endOthers: endOtherKeys },
	// The bootstrap account is in a file alone: the next start does not know it.
	settle: () => Promise.resolve(),
	probe(target, signal) {
		const look = () => withClient(new SeaweedClient(target), (client) => accessKeys(client, signal));
		return probeApi(look, signal);
	},
};
