import { describe, expect, it } from 'vitest';
import { s3SettingsBehaviour } from '../../testing/bucket-settings-behaviour';
import { bucketAndKey, codeOf, storageBehaviour } from '../../testing/storage-behaviour';
import { MinioClient } from './client';
import { minio } from './definition';

const server = storageBehaviour(minio);
s3SettingsBehaviour(minio, server);
const full = { read: true, write: true, owner: true };

describe('buckets of MinIO', () => {
	it('keep a rule about former versions, and refuse one about uploads', async () => {
		const { bucket } = await bucketAndKey(server(), full);
		const rule = {
			...{ id: 'v', isEnabled: true, prefix: 'p/', largerThanBytes: null, smallerThanBytes: null },
			...{ expireAfterDays: null, expireOn: null, abortUploadsAfterDays: null, expireVersionsAfterDays: 1 },
		};
		await server()
			.admin()
			.lifecycle.set({ bucket, rules: [rule] });
		expect(await server().admin().lifecycle.get(bucket)).toEqual([rule]);
		const uploads = { ...rule, expireVersionsAfterDays: null, abortUploadsAfterDays: 1 };
		expect(
			await codeOf(
				server()
					.admin()
					.lifecycle.set({ bucket, rules: [uploads] }),
			),
		).toBe('NOT_SUPPORTED');
	});
});

describe('an app’s key on MinIO', () => {
	it('changes and adds no accounts', async () => {
		const { key } = await bucketAndKey(server(), full);
		const asKey = new MinioClient({ ...server().target(), user: key.id, password: key.secret });
		const secretKey = 'a'.repeat(40);
		for (const [name, query, body] of [
			['add-user', { accessKey: key.id }, { secretKey, status: 'enabled' }],
			['add-service-account', {}, { accessKey: 'OTHER12345', secretKey }],
		] as const)
			expect(await codeOf(asKey.change('PUT', name, { query, body, isSealed: true }))).toBe(
				'ENGINE_UNREACHABLE',
			);
		asKey.close();
	});
});

it('lets its built-in root in no more, even with the right password', async () => {
	await server().restartFromSeed();
	expect(await codeOf(minio.lifecycle.probe(server().bootstrap))).toBe('ENGINE_UNREACHABLE');
	expect(await codeOf(minio.lifecycle.probe(server().target()))).toBeNull();
	await server().restart();
});

it('has web pages on their own port', async () => {
	const address = `http://127.0.0.1:${server().target().ports.console}${minio.storageAdmin.consolePath}`;
	const status = () => fetch(address).then((answer) => answer.status);
	// They come some moments after the server itself.
	await expect.poll(() => status().catch(() => 0), { timeout: 20_000 }).toBe(200);
});
