import { randomBytes } from 'node:crypto';
import { DeleteObjectCommand, GetObjectCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { MIN_DATA_LIMIT_BYTES } from '$lib/shared/data-limit';
import { writeTransaction } from '../db/client';
import { engines } from '../engines';
import { isAppError } from '../errors';
import { Secret } from '../secret';
import { getService, updateService } from '../services/repository';
import { versionsHere } from '../testing/images-here';
import { appClient, outcome } from '../testing/storage-app';
import { startStorageServer, type StorageServer } from '../testing/storage-server';
import { listBucketQuotas } from './repository';
import { StorageHouse } from './testing';

const KB = 1_000;
const LIMIT_BYTES = 2_000 * KB;
/** MinIO's scanner and SeaweedFS's look at sizes take about a minute each, on a busy machine longer. */
const wait = { timeout: 240_000, interval: 2_000 };
const storageEngines = engines.flatMap((engine) => (engine.kind === 'storage' ? [engine] : []));

describe.each(storageEngines)('a data limit of $label', (definition) => {
	let server: StorageServer;
	let house: StorageHouse;
	let isHere = false;
	let put: (bucket: string, key: string, sizeBytes: number) => Promise<string>;
	let s3: S3Client;
	const isExact = definition.storageAdmin.traits('').usage === 'atOnce';

	beforeAll(async () => {
		const versions = definition.versions.map(({ version }) => version);
		isHere = (await versionsHere(definition.id, versions)).length > 0;
		if (!isHere) return;
		server = await startStorageServer(definition);
		house = new StorageHouse(definition, server);
	});
	// Compiling one takes from minutes to an hour.
	beforeEach((context) => context.skip(!isHere, `the image of ${definition.label} is not on this machine`));
	afterAll(async () => {
		await house?.remove();
		await server?.remove();
	});

	const api = () => house.as('admin');
	const on = () => ({ serviceId: house.serviceId });
	const quotaAtEngine = async (bucket: string) => (await server.admin().findBucket(bucket))?.quota.maxBytes;
	const shownQuota = async (name: string) =>
		(await api().buckets.get({ ...on(), name })).bucket.quota.maxBytes;

	/** A limit of less than people may set, so that it can be reached here. */
	async function limitTo(dataLimitBytes: number): Promise<void> {
		writeTransaction(house.app.db, (tx) => updateService(tx, house.serviceId, { dataLimitBytes }));
		await nextRound();
	}

	/** As the minute's round does. */
	async function nextRound(): Promise<void> {
		await house.app.dataLimits.keepWithin(getService(house.app.db, house.serviceId));
	}

	/** Puts objects until the engine refuses one; answers how many bytes went in. */
	async function fill(bucket: string): Promise<number> {
		let bytes = 0;
		const one = async () => {
			const answer = await put(bucket, `fill/${bytes}`, 200 * KB);
			if (answer === 'ok') bytes += 200 * KB;
			else return answer;
			if (!isExact) await nextRound();
			return 'ok';
		};
		await expect.poll(one, isExact ? { timeout: 60_000, interval: 1 } : wait).not.toBe('ok');
		return bytes;
	}

	it('holds buckets without a quota, shows what people set, and ends without a trace', async () => {
		await api().buckets.create({ ...on(), name: 'open-one' });
		const own = { maxBytes: 5_000 * KB, maxObjects: null };
		await api().buckets.create({ ...on(), name: 'own-quota', quota: own });
		const full = { read: true, write: true, owner: false };
		const permissions = ['open-one', 'own-quota', 'later-one'].map((bucket) => ({ bucket, ...full }));
		const { id, secret } = await api().storageKeys.create({ ...on(), permissions: permissions.slice(0, 2) });
		s3 = appClient(server.endpoint(), { id, secret: new Secret(secret) });
		// Text would be pressed together by some engines, and is counted as it is kept.
		put = (Bucket, Key, sizeBytes) =>
			outcome(s3.send(new PutObjectCommand({ Bucket, Key, Body: randomBytes(sizeBytes) })));
		expect(await put('open-one', 'before', 300 * KB)).toBe('ok');

		await limitTo(LIMIT_BYTES);
		expect(await quotaAtEngine('open-one')).toBeLessThanOrEqual(LIMIT_BYTES);
		expect(await shownQuota('open-one')).toBeNull();
		expect(await shownQuota('own-quota')).toBe(own.maxBytes);
		const { items } = await api().buckets.list(on());
		expect(items.map(({ quota }) => quota.maxBytes)).toEqual([null, own.maxBytes]);

		const filled = await fill('open-one');
		expect(filled).toBeGreaterThan(0);
		if (isExact) expect(300 * KB + filled).toBeLessThanOrEqual(LIMIT_BYTES);

		// What one has used is gone for the others, and for one that is made now.
		await nextRound();
		const enough = async (bucket: string) => {
			await nextRound();
			return (await quotaAtEngine(bucket)) ?? Infinity;
		};
		const left = 2 * 200 * KB;
		await expect.poll(() => enough('own-quota'), wait).toBeLessThan(left);
		await api().buckets.create({ ...on(), name: 'later-one' });
		expect(await quotaAtEngine('later-one')).toBeLessThan(left);
		expect(await shownQuota('later-one')).toBeNull();
		await api().storageKeys.setPermissions({ ...on(), keyId: id, permissions });
		if (isExact) {
			expect(await put('own-quota', 'x', left)).toBe('AccessDenied');
			expect(await put('later-one', 'x', left)).toBe('AccessDenied');
		}

		// Reading and removing go on.
		const what = { Bucket: 'open-one', Key: 'before' };
		expect(await outcome(s3.send(new GetObjectCommand(what)))).toBe('ok');
		expect(await outcome(s3.send(new DeleteObjectCommand(what)))).toBe('ok');

		// A changed quota is the bucket's own, and no more than there is room for.
		const raised = { maxBytes: 9_000 * KB, maxObjects: null };
		const changed = await api().buckets.update({ ...on(), name: 'own-quota', quota: raised });
		expect(changed.bucket.quota).toEqual(raised);
		expect(await quotaAtEngine('own-quota')).toBeLessThan(LIMIT_BYTES);

		// The panel began anew meanwhile: what people set is still known.
		await house.restart();
		await api().services.setDataLimit({ ...on(), dataLimitBytes: null });
		expect(await quotaAtEngine('open-one')).toBeNull();
		expect(await quotaAtEngine('own-quota')).toBe(raised.maxBytes);
		expect(listBucketQuotas(house.app.db, house.serviceId)).toEqual([]);
		await expect.poll(() => put('open-one', 'after', 600 * KB), wait).toBe('ok');
	}, 900_000);

	it('is told with the server, bounded below, and asked of admins only', async () => {
		const set = (dataLimitBytes: number | null, role: 'admin' | 'operator' = 'admin') =>
			house
				.as(role)
				.services.setDataLimit({ ...on(), dataLimitBytes })
				.then(
					() => null,
					(error: unknown) => {
						const cause = error instanceof Error ? error.cause : null;
						return isAppError(cause) ? cause.code : error instanceof Error ? error.message : 'unknown';
					},
				);
		expect(await set(MIN_DATA_LIMIT_BYTES - 1)).toBe('BAD_INPUT');
		expect(await set(MIN_DATA_LIMIT_BYTES, 'operator')).toBe('FORBIDDEN');
		expect(await set(MIN_DATA_LIMIT_BYTES)).toBeNull();
		const listed = await house.as('viewer').services.list({ projectId: house.people.projectId });
		expect(listed.find(({ id }) => id === house.serviceId)?.dataLimitBytes).toBe(MIN_DATA_LIMIT_BYTES);
		expect((await house.as('viewer').services.get(on())).dataLimitBytes).toBe(MIN_DATA_LIMIT_BYTES);
		expect(await set(null)).toBeNull();
	});
});
