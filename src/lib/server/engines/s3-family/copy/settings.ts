import {
	GetBucketAclCommand,
	GetBucketCorsCommand,
	GetBucketEncryptionCommand,
	GetBucketLifecycleConfigurationCommand,
	GetBucketPolicyCommand,
	GetBucketVersioningCommand,
	GetObjectLockConfigurationCommand,
	GetObjectTaggingCommand,
	ListObjectsV2Command,
} from '@aws-sdk/client-s3';
import type { LeftBehind, LeftBehindCounts } from '$lib/shared/storage-copies';
import { ask, TransferFault, type Side } from './client';

/** Words of servers for "it has none" and "I know no such thing". */
const none = /^(?:NoSuch|ServerSideEncryptionConfigurationNotFound|ObjectLockConfigurationNotFound)/;
const unknown = new Set([
	'NotImplemented',
	'MethodNotAllowed',
	'InvalidRequest',
	'Http501',
	'Http405',
	'Http404',
]);

/** What a bucket outside has beside its objects, as far as the key may see it. Throws TransferFault when it does not answer. */
export async function settingsOutside(
	{ role, s3, bucket: Bucket }: Side,
	signal: AbortSignal,
): Promise<LeftBehindCounts> {
	const counts: LeftBehindCounts = {};
	const look = async (
		what: LeftBehind,
		call: (options: { abortSignal: AbortSignal }) => Promise<boolean>,
	): Promise<void> => {
		try {
			if (await ask(role, signal, call)) counts[what] = 1;
		} catch (error) {
			if (!(error instanceof TransferFault) || error.kind !== 'refused') throw error;
			if (!none.test(error.code) && !unknown.has(error.code)) counts.unread = 1;
		}
	};
	await Promise.all([
		look(
			'versions',
			async (o) => (await s3.send(new GetBucketVersioningCommand({ Bucket }), o)).Status !== undefined,
		),
		look(
			'policy',
			async (o) => (await s3.send(new GetBucketPolicyCommand({ Bucket }), o)).Policy !== undefined,
		),
		look(
			'acl',
			async (o) => ((await s3.send(new GetBucketAclCommand({ Bucket }), o)).Grants ?? []).length > 1,
		),
		look('lifecycle', async (o) => {
			const { Rules = [] } = await s3.send(new GetBucketLifecycleConfigurationCommand({ Bucket }), o);
			return Rules.length > 0;
		}),
		look(
			'cors',
			async (o) => ((await s3.send(new GetBucketCorsCommand({ Bucket }), o)).CORSRules ?? []).length > 0,
		),
		look('lock', async (o) => {
			const { ObjectLockConfiguration } = await s3.send(new GetObjectLockConfigurationCommand({ Bucket }), o);
			return ObjectLockConfiguration?.ObjectLockEnabled === 'Enabled';
		}),
		look('encryption', async (o) => {
			const answer = await s3.send(new GetBucketEncryptionCommand({ Bucket }), o);
			return (answer.ServerSideEncryptionConfiguration?.Rules ?? []).length > 0;
		}),
		look('unread', async (o) => {
			const { Contents: [first] = [] } = await s3.send(new ListObjectsV2Command({ Bucket, MaxKeys: 1 }), o);
			// A key that may not read tags is not even told that there are some.
			if (first?.Key) await s3.send(new GetObjectTaggingCommand({ Bucket, Key: first.Key }), o);
			return false;
		}),
	]);
	return counts;
}
