import {
	CreateMultipartUploadCommand,
	GetObjectCommand,
	ListObjectsV2Command,
	PutObjectCommand,
} from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { REGION } from '../s3-family/container';
import { newKey } from '../s3-family/key-material';
import { signRequest } from '../s3-family/sign';
import { corsBehaviour, corsRules, s3SettingsBehaviour } from '../../testing/bucket-settings-behaviour';
import { appClient, outcome, type AppKey } from '../../testing/storage-app';
import { bucketAndKey, freshName, storageBehaviour } from '../../testing/storage-behaviour';
import { recordRequests } from '../../testing/storage-requests';
import { testDocker } from '../../testing/test-docker';
import { SeaweedClient } from './client';
import { seaweedfs } from './definition';

const server = storageBehaviour(seaweedfs);
s3SettingsBehaviour(seaweedfs, server);
corsBehaviour(seaweedfs, server);
const full = { read: true, write: true, owner: true };

/** The status by which the account API answers an app that asks with its own key. */
async function asKey(
	{ id, secret }: AppKey,
	action: string,
	values: Record<string, string> = {},
): Promise<number> {
	const { host } = new URL(server().endpoint());
	const body = Buffer.from(new URLSearchParams({ Action: action, ...values }).toString());
	const { headers } = await signRequest(
		{
			...{ service: 'iam', method: 'POST', path: '/', query: {}, host, body },
			headers: { 'content-type': 'application/x-www-form-urlencoded' },
		},
		{ region: REGION, id, secret },
	);
	return (await fetch(`${server().endpoint()}/`, { method: 'POST', headers, body })).status;
}

const inspectSchema = z.object({
	NetworkSettings: z.object({ Networks: z.record(z.string(), z.object({ IPAddress: z.string() })) }),
});

/** Tries every port there is, and names those that take a connection. */
const scan = `
	my ($host) = @ARGV;
	for my $port (1 .. 65535) {
		my $socket = IO::Socket::INET->new(PeerAddr => $host, PeerPort => $port, Proto => 'tcp', Timeout => 2);
		print "open $port\n" if $socket;
	}
`;

/** The server's ports that another container of its network can reach. */
async function openPorts(): Promise<number[]> {
	const { docker, images } = testDocker();
	const { Networks } = inspectSchema.parse(JSON.parse(await server().inspect())).NetworkSettings;
	const [network, { IPAddress }] = Object.entries(Networks)[0] ?? ['', { IPAddress: '' }];
	// Any image with an interpreter in it.
	const { ref } = await images.resolveImage({ engine: 'valkey', version: '9' });
	const neighbour = await docker.client.engine.createContainer({
		...{ Image: ref, Entrypoint: ['perl'], Cmd: ['-MIO::Socket::INET', '-e', scan, IPAddress] },
		...{ HostConfig: { NetworkMode: network }, Tty: true },
	});
	try {
		await neighbour.start();
		await neighbour.wait();
		const text = (await neighbour.logs({ stdout: true })).toString('utf8');
		return [...text.matchAll(/open (\d+)/g)].map(([, port]) => Number(port));
	} finally {
		await neighbour.remove({ force: true, v: true });
	}
}

describe('a container beside SeaweedFS', () => {
	it('reaches S3 and nothing else of it', async () => {
		expect(await openPorts()).toEqual([
			seaweedfs.lifecycle.containerSpec({ version: '4', memoryBytes: 0 }).port,
		]);
	});

	it('gets nothing from S3 without a key, after a start that knows no account but its own', async () => {
		const { bucket, s3 } = await bucketAndKey(server(), full);
		await s3.send(new PutObjectCommand({ Bucket: bucket, Key: 'x', Body: 'x' }));
		const ask = async (path: string, init: RequestInit = {}) =>
			(await fetch(`${server().endpoint()}${path}`, init)).status;
		expect(await ask('/')).toBe(403);
		expect(await ask(`/${bucket}/`)).toBe(403);
		expect(await ask(`/${bucket}/x`)).toBe(403);
		expect(await ask(`/${bucket}/x`, { method: 'PUT', body: 'y' })).toBe(403);
		expect(await ask(`/${bucket}/x`, { method: 'DELETE' })).toBe(403);
		expect(await ask(`/${freshName()}`, { method: 'PUT' })).toBe(403);
		for (const action of ['ListUsers', 'CreateUser', 'GetCallerIdentity', 'AssumeRole'])
			expect(
				await ask('/', { method: 'POST', body: new URLSearchParams({ Action: action }) }),
			).toBeGreaterThanOrEqual(400);
	});
});

describe('an app’s key on SeaweedFS', () => {
	it('changes and adds no accounts', async () => {
		const { key } = await bucketAndKey(server(), full);
		const own = { UserName: key.id };
		expect(await asKey(key, 'ListUsers')).toBe(403);
		expect(await asKey(key, 'CreateUser', { UserName: 'other' })).toBe(403);
		expect(await asKey(key, 'CreateAccessKey', own)).toBe(403);
		expect(await asKey(key, 'CreateAccessKey')).toBe(403);
		expect(await asKey(key, 'DeleteAccessKey', { ...own, AccessKeyId: key.id })).toBe(403);
		expect(await asKey(key, 'CreateServiceAccount', { ParentUser: key.id })).toBe(403);
		expect(await asKey(key, 'GetFederationToken', { Name: 'other' })).toBe(403);
	});

	it('has other rights when somebody gave it some by hand', async () => {
		const { bucket, key } = await bucketAndKey(server(), full);
		const client = new SeaweedClient(server().target());
		const PolicyDocument = JSON.stringify({
			Version: '2012-10-17',
			Statement: [{ Effect: 'Allow', Action: ['s3:GetObject'], Resource: [`arn:aws:s3:::${bucket}/*`] }],
		});
		await client.iam('PutUserPolicy', { UserName: key.id, PolicyName: 'mine', PolicyDocument });
		client.close();
		expect((await server().admin().keys.find(key.id))?.hasOtherRights).toBe(true);
	});

	it('keeps nothing of a former key of its id', async () => {
		const { bucket, key } = await bucketAndKey(server(), full);
		await server().admin().keys.remove(key.id);
		await server()
			.admin()
			.keys.import({ ...key, description: '', expiresAt: null, permissions: [] });
		const s3 = appClient(server().endpoint(), key);
		expect(await outcome(s3.send(new ListObjectsV2Command({ Bucket: bucket })))).toBe('AccessDenied');
	});

	it('is one of many in a bucket, each with its own rights', async () => {
		const bucket = freshName();
		await server().admin().createBucket(bucket);
		const keys = Array.from({ length: 40 }, () => newKey());
		for (const [index, key] of keys.entries())
			await server()
				.admin()
				.keys.import({
					...{ ...key, description: '', expiresAt: null },
					permissions: [{ bucket, read: index % 2 === 0, write: index % 2 === 1, owner: false }],
				});
		const page = await server()
			.admin()
			.keys.list({ search: keys[7]?.id ?? '' });
		expect(page.items).toMatchObject([{ permissions: [{ bucket, read: false, write: true }] }]);
	});
});

describe('keys of sh0’s own on SeaweedFS', () => {
	const readOf = (bucket: string, lifetimeMs: number) => ({ bucket, level: 'read' as const, lifetimeMs });
	const newBuckets = async (count: number) => {
		const names = Array.from({ length: count }, () => freshName());
		for (const name of names) await server().admin().createBucket(name);
		return names;
	};
	/** The buckets whose rights were read, as often as they were. */
	const rightsRead = (asked: string[]) =>
		asked.flatMap((line) => /^GET \/([^?/]+)\/?\?policy/.exec(line)?.[1] ?? []);

	it('are made without a look at any other bucket', async () => {
		const [bucket = '', other = ''] = await newBuckets(2);
		const recorded = await recordRequests(server().target());
		const admin = await seaweedfs.storageAdmin.connect(recorded.target);
		// The first of a connection sweeps.
		await admin.access(readOf(other, 600_000));
		recorded.asked();
		await admin.access(readOf(bucket, 600_000));
		const read = rightsRead(recorded.asked());
		expect(new Set(read)).toEqual(new Set([bucket]));
		await admin.close();
		await recorded.close();
	});

	it('are swept away together by one look at each bucket', async () => {
		const buckets = await newBuckets(3);
		const [untouched = ''] = await newBuckets(1);
		const first = await seaweedfs.storageAdmin.connect(server().target());
		const ids: string[] = [];
		for (const bucket of buckets)
			for (const level of ['read', 'remove'] as const)
				ids.push((await first.access({ ...readOf(bucket, 100), level })).accessKeyId);
		await first.close();
		await new Promise((resolve) => setTimeout(resolve, 300));
		const recorded = await recordRequests(server().target());
		const admin = await seaweedfs.storageAdmin.connect(recorded.target);
		await admin.access(readOf(buckets[0] ?? '', 600_000));
		const read = rightsRead(recorded.asked());
		expect(read.filter((name) => name === untouched)).toHaveLength(1);
		// One look and one change.
		expect(read.filter((name) => name === buckets[1])).toHaveLength(2);
		const client = new SeaweedClient(server().target());
		const users = await client.iam('ListUsers');
		client.close();
		expect(ids.filter((id) => users.includes(id))).toEqual([]);
		await admin.close();
		await recorded.close();
	});
});

describe('buckets of SeaweedFS', () => {
	it('tell which version the server has', async () => {
		await bucketAndKey(server(), full);
		expect(await server().admin().version()).toMatch(/^4\.\d+$/);
	});

	it('are asked for the disk’s size and the server’s version no longer than until one tells it', async () => {
		for (const name of [freshName('aaa'), freshName('aaa')]) await server().admin().createBucket(name);
		const recorded = await recordRequests(server().target());
		const admin = await seaweedfs.storageAdmin.connect(recorded.target);
		const { diskTotalBytes } = await admin.usage();
		expect(diskTotalBytes).toBeGreaterThan(0);
		expect(recorded.asked().filter((line) => line.includes('seaweedfs-quota'))).toHaveLength(1);
		await admin.version();
		expect(recorded.asked().filter((line) => line.includes('system.xml'))).toHaveLength(1);
		await admin.close();
		await recorded.close();
	});

	it('keep rules about former versions and about uploads, and one of several conditions', async () => {
		const { bucket } = await bucketAndKey(server(), full);
		const none = { prefix: null, largerThanBytes: null, smallerThanBytes: null };
		const acts = { expireOn: null, abortUploadsAfterDays: null, expireVersionsAfterDays: null };
		const rules = [
			{ id: 'v', isEnabled: true, ...none, ...acts, expireAfterDays: null, expireVersionsAfterDays: 1 },
			{ id: 'u', isEnabled: true, ...none, ...acts, expireAfterDays: null, abortUploadsAfterDays: 2 },
			{
				...{ id: 's', isEnabled: true, prefix: 'p/', largerThanBytes: 1, smallerThanBytes: 1_000 },
				...{ ...acts, expireAfterDays: 3 },
			},
		];
		await server().admin().lifecycle.set({ bucket, rules });
		expect(await server().admin().lifecycle.get(bucket)).toEqual(rules);
	});

	it('let no page in without a CORS rule', async () => {
		const { bucket } = await bucketAndKey(server(), full);
		const origin = 'https://app.example.com';
		const preflight = async () => {
			const headers = { origin, 'access-control-request-method': 'PUT' };
			const answer = await fetch(`${server().endpoint()}/${bucket}/x`, { method: 'OPTIONS', headers });
			return answer.headers.get('access-control-allow-origin');
		};
		const { cors } = server().admin();
		expect(await preflight()).toBeNull();
		await cors?.set({ bucket, rules: corsRules });
		expect(await preflight()).toBe(origin);
		await cors?.set({ bucket, rules: [] });
		expect(await preflight()).toBeNull();
	});

	it('keep an object and a folder of the same name, and every key that its traits allow', async () => {
		const { bucket, s3 } = await bucketAndKey(server(), full);
		const long = ['k'.repeat(255), 'l'.repeat(255), 'm'.repeat(255), 'n'.repeat(255)].join('/');
		const keys = ['f', 'f/g', 'h/i', 'h', 'a\nb', 'é', 'e\u0301', '😀', ' x ', 'a\\b', 'a\u0001b', long];
		for (const Key of keys) {
			await s3.send(new PutObjectCommand({ Bucket: bucket, Key, Body: Key }));
			const answer = await s3.send(new GetObjectCommand({ Bucket: bucket, Key }));
			expect(await answer.Body?.transformToString()).toBe(Key);
		}
		const { Contents = [] } = await s3.send(
			new ListObjectsV2Command({ Bucket: bucket, EncodingType: 'url' }),
		);
		const listed = Contents.map(({ Key = '' }) => decodeURIComponent(Key.replaceAll('+', ' ')));
		expect(listed.toSorted()).toEqual(keys.toSorted());
	});

	it('take objects however many buckets there are', async () => {
		for (let index = 0; index < 30; index += 1) {
			const { bucket, s3 } = await bucketAndKey(server(), full);
			const put = s3.send(new PutObjectCommand({ Bucket: bucket, Key: 'x', Body: 'x' }));
			expect(await outcome(put)).toBe('ok');
		}
		expect((await server().admin().listBuckets({ limit: 100 })).items.length).toBeGreaterThan(30);
	});

	it('have the uploads ended that were begun long enough ago', async () => {
		const { bucket, s3 } = await bucketAndKey(server(), full);
		await s3.send(new CreateMultipartUploadCommand({ Bucket: bucket, Key: 'parts' }));
		const clean = (olderThanSeconds: number) =>
			server().admin().removeUnfinishedUploads?.({ bucket, olderThanSeconds });
		expect(await clean(3_600)).toBe(0);
		expect(await clean(0)).toBe(1);
		expect(await clean(0)).toBe(0);
	});
});
