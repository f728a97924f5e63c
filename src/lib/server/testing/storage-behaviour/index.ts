import {
	AbortMultipartUploadCommand,
	GetObjectCommand,
	ListObjectsV2Command,
	PutObjectCommand,
	UploadPartCommand,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { StorageEngineDefinition } from '../../engines/storage';
import { versionsHere } from '../images-here';
import { appClient, outcome } from '../storage-app';
import { startStorageServer, type StorageServer } from '../storage-server';
import { bucketBehaviour } from './buckets';
import { beginUpload, bucketAndKey, codeOf, full } from './fixtures';
import { keyBehaviour } from './keys';

export { bucketAndKey, codeOf, freshName } from './fixtures';

/** What every S3 engine promises, tried on a real server with the SDK that apps use. */
export function storageBehaviour(definition: StorageEngineDefinition): () => StorageServer {
	let server: StorageServer;
	let isHere = false;
	beforeAll(async () => {
		const versions = definition.versions.map(({ version }) => version);
		isHere = (await versionsHere(definition.id, versions)).length > 0;
		if (isHere) server = await startStorageServer(definition);
	});
	// Compiling one takes from ten minutes to an hour.
	beforeEach((context) => context.skip(!isHere, `the image of ${definition.label} is not on this machine`));
	afterAll(() => server?.remove());

	describe('credentials', () => {
		it('lets nobody in with the bootstrap password', async () => {
			const code = await codeOf(definition.lifecycle.probe(server.bootstrap));
			expect(code).toBe('ENGINE_UNREACHABLE');
		});

		it('has no secret in its environment and its log', async () => {
			const shown = `${await server.inspect()}\n${await server.logs()}`;
			for (const secret of [server.target().password, server.bootstrap.password])
				expect(shown).not.toContain(secret.reveal());
		});

		it('writes no signed link into its log, which would open the object for whoever reads it', async () => {
			const { bucket } = await bucketAndKey(server, full);
			const signature = 'c0ffee'.repeat(10);
			const answer = await fetch(`${server.endpoint()}/${bucket}/x?X-Amz-Signature=${signature}`);
			expect(answer.ok).toBe(false);
			expect(await server.logs()).not.toContain(signature);
		});

		it('changes root’s secret without a restart, and the former one is over', async () => {
			const former = server.target();
			await server.rotate();
			expect(await codeOf(definition.lifecycle.probe(former))).toBe('ENGINE_UNREACHABLE');
			expect(await server.admin().listBuckets()).toMatchObject({ items: expect.any(Array) });
		});
	});
	keyBehaviour(() => server);
	bucketBehaviour(definition, () => server);

	it('takes what was opened for the object browser away some time after its end', async () => {
		const { bucket } = await bucketAndKey(server, full);
		const short = await server.admin().access({ bucket, level: 'read', lifetimeMs: 500 });
		const login = { id: short.accessKeyId, secret: short.secretAccessKey };
		const visitor = appClient(short.endpoint, login, short.region);
		const list = () => outcome(visitor.send(new ListObjectsV2Command({ Bucket: bucket })));
		await expect.poll(list, { timeout: 30_000 }).not.toBe('ok');
		// A panel that starts anew sweeps with its first look.
		const later = await definition.storageAdmin.connect(server.target());
		await later.access({ bucket, level: 'read', lifetimeMs: 60_000 });
		await later.close();
		expect(await list()).toMatch(/InvalidAccessKeyId|AccessDenied/);
	});

	describe('a crash', () => {
		it('loses nothing that was acknowledged, and what was under way can be cleaned up', async () => {
			const { bucket, key, s3 } = await bucketAndKey(server, full);
			const begun = await beginUpload(s3, bucket);
			const Body = Buffer.alloc(5 * 1024 * 1024, 'x');
			const acknowledged: string[] = [];
			const writer = async (name: string) => {
				for (let index = 0; ; index += 1) {
					const Key = `${name}-${index}`;
					await s3.send(new PutObjectCommand({ Bucket: bucket, Key, Body: Key }));
					acknowledged.push(Key);
				}
			};
			const writers = ['a', 'b', 'c', 'd'].map((name) => writer(name).catch(() => undefined));
			const part = s3.send(new UploadPartCommand({ ...begun, PartNumber: 1, Body })).catch(() => undefined);
			await expect.poll(() => acknowledged.length, { timeout: 30_000 }).toBeGreaterThan(20);
			await server.crash();
			await Promise.all([...writers, part]);

			const after = appClient(server.endpoint(), key);
			const found = new Set<string>();
			for (const Key of acknowledged) {
				const answer = await after.send(new GetObjectCommand({ Bucket: bucket, Key }));
				if ((await answer.Body?.transformToString()) === Key) found.add(Key);
			}
			expect(found.size).toBe(acknowledged.length);
			const clean = server.admin().removeUnfinishedUploads;
			if (clean) expect(await clean({ bucket, olderThanSeconds: 0 })).toBeGreaterThanOrEqual(1);
			else expect(await outcome(after.send(new AbortMultipartUploadCommand(begun)))).toBe('ok');
		});
	});

	return () => server;
}
