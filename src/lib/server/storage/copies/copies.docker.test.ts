import { createHash, randomBytes } from 'node:crypto';
import {
	CompleteMultipartUploadCommand,
	CreateMultipartUploadCommand,
	DeleteObjectCommand,
	GetObjectCommand,
	HeadObjectCommand,
	ListMultipartUploadsCommand,
	ListObjectsV2Command,
	PutObjectCommand,
	UploadPartCommand,
	type CompletedPart,
	type S3Client,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { objectKeyProblem } from '$lib/shared/storage-names';
import { writeTransaction } from '../../db/client';
import { auditLog, operations, services, storageCopies } from '../../db/schema/index';
import { garage } from '../../engines/garage/definition';
import { minio } from '../../engines/minio/definition';
import { newKey } from '../../engines/s3-family/key-material';
import { seaweedfs } from '../../engines/seaweedfs/definition';
import type { StorageEngineDefinition } from '../../engines/storage';
import { isAppError } from '../../errors';
import { newId } from '../../ids';
import { hostileStrings } from '../../testing/hostile-strings';
import { versionsHere } from '../../testing/images-here';
import { appClient, outcome } from '../../testing/storage-app';
import { startStorageServer, type StorageServer } from '../../testing/storage-server';
import { seedPeople, type SeededPeople } from '../../testing/surface-seed';
import { TestApp } from '../../testing/test-app';
import { appRouter } from '../../trpc/router';
import { addressProblem, theInternet, type OutsideNetwork } from './address';
import { listCopyBuckets } from './repository';

const MIB = 1024 * 1024;
const full = { read: true, write: true, owner: true };
let made = 0;

function freshName(): string {
	made += 1;
	return `c-${made}-${Date.now().toString(36)}`;
}

/** This machine stands for one outside. */
const thisMachine: OutsideNetwork = {
	...theInternet,
	problem: (address, options) => (address === '127.0.0.1' ? null : addressProblem(address, options)),
};

type Refusal = { code: string; field: string | null; details: Record<string, unknown> };
async function refusalOf(attempt: Promise<unknown>): Promise<Refusal | null> {
	try {
		await attempt;
		return null;
	} catch (error) {
		const cause = error instanceof Error ? error.cause : null;
		if (!isAppError(cause)) throw error;
		return { code: cause.code, field: cause.field, details: cause.details };
	}
}

/** The whole API over two real storage servers of one project. */
class TwoServers {
	readonly house: TestApp;
	readonly people: SeededPeople;
	readonly sourceId = newId('service');
	readonly targetId = newId('service');
	readonly foreignId = newId('service');
	readonly source: StorageServer;
	readonly target: StorageServer;

	constructor(
		definitions: { source: StorageEngineDefinition; target: StorageEngineDefinition },
		servers: { source: StorageServer; target: StorageServer },
		network?: OutsideNetwork,
	) {
		this.source = servers.source;
		this.target = servers.target;
		this.house = new TestApp(network === undefined ? {} : { network });
		this.people = seedPeople(this.house.app.db);
		const { projectId } = this.people;
		this.#insert(this.sourceId, projectId, definitions.source, 'source');
		this.#insert(this.targetId, projectId, definitions.target, 'target');
		this.#insert(this.foreignId, seedPeople(this.house.app.db).projectId, definitions.source, 'foreign');
		this.#tell();
	}

	get app() {
		return this.house.app;
	}

	get api() {
		return appRouter.createCaller({
			...{ app: this.app, requestId: 'r', ip: '127.0.0.1', userAgent: 'test', cookies: null, batchSize: 1 },
			credentials: { kind: 'session', token: this.people.people.admin.sessionToken },
		}).storageCopies;
	}

	/** Ends the panel and starts another one on the same data. */
	async restart(): Promise<void> {
		await this.house.rebuild();
		this.#tell();
		await this.app.runner.resumeAll();
	}

	/** Begins a copy of one bucket from the other server. */
	copy(source: string, target: string | null = null, isIntoExisting = false, carriesKeys = false) {
		return this.api.create({
			...{ serviceId: this.targetId, source: { kind: 'service' as const, serviceId: this.sourceId } },
			...{ buckets: [{ source, target, isIntoExisting }], carriesKeys },
		});
	}

	get(copyId: string) {
		return this.api.get({ serviceId: this.targetId, copyId });
	}

	report(copyId: string) {
		return this.api.report({ serviceId: this.targetId, copyId });
	}

	/** The copy's one bucket, once its newest operation has ended in this state. */
	async ended(copyId: string, state: string) {
		const { operationId } = await this.get(copyId);
		const operation = await this.app.runner.wait(operationId ?? '');
		const copy = await this.get(copyId);
		expect([copy.state, operation.errorCode]).toEqual([state, expect.anything() as unknown]);
		return this.#only(copy.buckets);
	}

	async succeeded(copyId: string) {
		const { operationId } = await this.get(copyId);
		const operation = await this.app.runner.wait(operationId ?? '');
		expect([operation.status, operation.errorCode]).toEqual(['succeeded', null]);
		return this.#only((await this.get(copyId)).buckets);
	}

	/** Waits until so many objects have been seen. */
	async seen(copyId: string, least: number): Promise<void> {
		const look = async () => this.#only((await this.get(copyId)).buckets).seen;
		await expect.poll(look, { timeout: 30_000, interval: 5 }).toBeGreaterThanOrEqual(least);
	}

	#only<T>([first]: T[]): T {
		if (first === undefined) throw new Error('no bucket');
		return first;
	}

	#tell(): void {
		const of = (id: string) => (id === this.sourceId ? this.source : this.target);
		Object.assign(this.app.broker, {
			storageAdmin: ({ id }: { id: string }) => Promise.resolve(of(id).admin()),
			storagePorts: ({ id }: { id: string }) => Promise.resolve(of(id).target().ports),
		});
	}

	#insert(id: string, projectId: string, { id: engine, versions }: StorageEngineDefinition, name: string) {
		const now = new Date();
		writeTransaction(this.app.db, (tx) =>
			tx
				.insert(services)
				.values({
					...{ id, projectId, kind: 'storage', engine, name, version: versions[0]?.version ?? '' },
					...{ memoryBytes: 268_435_456, desiredState: 'running', phase: 'ready' },
					...{ createdAt: now, initializedAt: now },
				})
				.run(),
		);
	}
}

/** A bucket of a server with a key that may do all in it. */
async function bucketOf(server: StorageServer, bucket = freshName()) {
	const key = newKey();
	if ((await server.admin().findBucket(bucket)) === null) await server.admin().createBucket(bucket);
	const permissions = [{ bucket, ...full }];
	await server.admin().keys.import({ ...key, description: 'app', expiresAt: null, permissions });
	return { bucket, key, s3: appClient(server.endpoint(), key) };
}

type Place = { s3: S3Client; bucket: string };
const put = ({ s3, bucket }: Place, Key: string, Body: string | Buffer, more: object = {}) =>
	s3.send(new PutObjectCommand({ Bucket: bucket, Key, Body, ...more }));
const head = ({ s3, bucket }: Place, Key: string) => s3.send(new HeadObjectCommand({ Bucket: bucket, Key }));

async function bytesOf({ s3, bucket }: Place, Key: string): Promise<string> {
	const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key }));
	return createHash('sha256')
		.update((await Body?.transformToByteArray()) ?? '')
		.digest('hex');
}

async function putMany(place: Place, count: number, prefix = 'small/'): Promise<void> {
	const numbers = Array.from({ length: count }, (_, index) => index);
	for (let at = 0; at < count; at += 20)
		await Promise.all(
			numbers
				.slice(at, at + 20)
				.map((n) => put(place, `${prefix}${String(n).padStart(5, '0')}.txt`, `object ${n}`.repeat(n % 7))),
		);
}

/** An object in parts of 8 MiB and a rest, as many clients upload it. */
async function putParts({ s3, bucket }: Place, Key: string, sizeBytes: number): Promise<void> {
	const at = { Bucket: bucket, Key };
	const more = { ContentType: 'video/mp4', Metadata: { kind: 'parts' } };
	const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ ...at, ...more }));
	const Parts: CompletedPart[] = [];
	for (let from = 0; from < sizeBytes; from += 8 * MIB) {
		const PartNumber = Parts.length + 1;
		const Body = randomBytes(Math.min(8 * MIB, sizeBytes - from));
		const { ETag } = await s3.send(new UploadPartCommand({ ...at, UploadId, PartNumber, Body }));
		Parts.push({ PartNumber, ETag });
	}
	await s3.send(new CompleteMultipartUploadCommand({ ...at, UploadId, MultipartUpload: { Parts } }));
}

const hostileKeys = [
	...[
		'a//b',
		'../up',
		'./dot',
		'line\nbreak\ttab',
		' blanks ',
		'é 日本語 😀/Ünï',
		'%2e%2e+%20 &=?#;',
		'<b>&amp;]]></b>',
	],
	...['control\u0001\u001f', 'folder/', '\ue000 private', '😀 astral', `${'x'.repeat(300)}.txt`],
	...hostileStrings.map(({ value }) => value).filter((value) => value !== '' && value.length < 200),
];

/** What the server says that it has; a thousand at most. */
async function listedKeys({ s3, bucket }: Place): Promise<Set<string>> {
	const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: bucket, EncodingType: 'url' }));
	return new Set(Contents.map(({ Key = '' }) => decodeURIComponent(Key.replaceAll('+', ' '))));
}

type Pair = { name: string; source: StorageEngineDefinition; target: StorageEngineDefinition };
const pairs: Pair[] = [
	{ name: 'MinIO to Garage', source: minio, target: garage },
	{ name: 'Garage to MinIO', source: garage, target: minio },
	{ name: 'MinIO to MinIO', source: minio, target: minio },
];

async function isHere({ id, versions }: StorageEngineDefinition): Promise<boolean> {
	const all = versions.map(({ version }) => version);
	return (await versionsHere(id, all)).length > 0;
}

describe.each(pairs)('copying from $name', ({ source, target }) => {
	let two: TwoServers;
	let areHere = false;
	beforeAll(async () => {
		areHere = (await isHere(source)) && (await isHere(target));
		if (!areHere) return;
		const memory = { memoryBytes: 512 * MIB };
		const from = await startStorageServer(source, memory);
		const to = await startStorageServer(target, memory);
		two = new TwoServers({ source, target }, { source: from, target: to }, thisMachine);
	}, 120_000);
	beforeEach((context) =>
		context.skip(!areHere, `the images of ${source.label} and ${target.label} are not both on this machine`),
	);
	afterAll(async () => {
		await two?.house.remove();
		await two?.source.remove();
		await two?.target.remove();
	});

	const traits = target.storageAdmin.traits(target.versions[0]?.version ?? '');

	it('brings every object over with what belongs to it, and only what changed the next time', async () => {
		const from = await bucketOf(two.source);
		await putMany(from, 500);
		await putParts(from, 'big.bin', 40 * MIB);
		await put(from, 'empty', '');
		const facts = {
			...{ ContentType: 'text/x-test', CacheControl: 'max-age=60', ContentDisposition: 'attachment' },
			...{ ContentLanguage: 'sw', Metadata: { owner: 'me', 'with-dash': 'Ja & "nein"' } },
		};
		await put(from, 'facts.txt', 'facts', facts);

		const { copyId } = await two.copy(from.bucket, null, false);
		const first = await two.succeeded(copyId);
		expect(first).toMatchObject({ seen: 503, copied: 503, same: 0, missing: 0, different: 0, refused: 0 });
		expect([first.sourceObjects, first.targetObjects]).toEqual([503, 503]);
		expect(first.targetBytes).toBe(first.sourceBytes);

		const to = await bucketOf(two.target, from.bucket);
		for (const key of ['big.bin', 'empty', 'facts.txt', 'small/00499.txt', 'small/00000.txt']) {
			expect(await bytesOf(to, key)).toBe(await bytesOf(from, key));
			expect((await head(to, key)).ETag).toBe((await head(from, key)).ETag);
		}
		expect((await head(to, 'big.bin')).ETag).toMatch(/-5"$/);
		expect(await head(to, 'big.bin')).toMatchObject({
			ContentType: 'video/mp4',
			Metadata: { kind: 'parts' },
		});
		expect(await head(to, 'facts.txt')).toMatchObject(facts);

		await put(from, 'facts.txt', 'other', facts);
		await put(from, 'new.txt', 'new');
		const again = await two.copy(from.bucket, null, true);
		const second = await two.succeeded(again.copyId);
		expect(second).toMatchObject({ seen: 504, copied: 2, same: 502, missing: 0, different: 0 });
		expect(await bytesOf(to, 'facts.txt')).toBe(await bytesOf(from, 'facts.txt'));
	}, 120_000);

	it('takes keys of every kind, and says which the target cannot hold', async () => {
		const from = await bucketOf(two.source);
		const uploaded: string[] = [];
		for (const key of new Set(hostileKeys)) {
			if (objectKeyProblem(key, source.storageAdmin.traits('')) !== null) continue;
			if ((await outcome(put(from, key, `content of ${key}`))) === 'ok') uploaded.push(key);
		}
		// MinIO keeps what lies below another object, but lists it nowhere.
		const listed = await listedKeys(from);
		expect(uploaded.filter((key) => !listed.has(key)).length).toBeLessThan(3);
		const kept = uploaded.filter((key) => listed.has(key));
		const { copyId } = await two.copy(from.bucket);
		const bucket = await two.succeeded(copyId);
		const refused = kept.filter((key) => objectKeyProblem(key, traits) !== null);
		const to = await bucketOf(two.target, from.bucket);
		const { findings } = await two.report(copyId);
		for (const key of kept) {
			const finding = findings.find((one) => one.key === key);
			if (finding) expect([finding.finding, key]).toEqual(['refused', key]);
			else expect([await bytesOf(to, key), key]).toEqual([await bytesOf(from, key), key]);
		}
		expect(bucket.refused).toBe(findings.length);
		expect(bucket.copied).toBe(kept.length - findings.length);
		expect(findings.map(({ key }) => key)).toEqual(expect.arrayContaining(refused));
		const others = findings.filter(({ key }) => !refused.includes(key));
		expect(others.filter(({ key }) => !key.includes('\0'))).toEqual([]);
		expect(kept.length).toBeGreaterThan(200);
	}, 120_000);

	it('goes on after the panel was ended in the middle, and copies nothing twice', async () => {
		const from = await bucketOf(two.source);
		await putMany(from, 600);
		const { copyId } = await two.copy(from.bucket);
		await two.seen(copyId, 50);
		await two.restart();
		const bucket = await two.succeeded(copyId);
		expect(bucket).toMatchObject({ seen: 600, missing: 0, different: 0, refused: 0, targetObjects: 600 });
		expect(bucket.copied + bucket.same).toBe(600);
		// Those that were under way are found to be there already.
		expect(bucket.same).toBeLessThanOrEqual(8);
	}, 60_000);

	it('goes on with the parts of a large object', async () => {
		const from = await bucketOf(two.source);
		await putParts(from, 'big.bin', 120 * MIB);
		const { copyId } = await two.copy(from.bucket);
		const uploads = () => Object.keys(listCopyBuckets(two.app.db, copyId)[0]?.uploads ?? {}).length;
		await expect.poll(uploads, { timeout: 30_000, interval: 5 }).toBe(1);
		await two.restart();
		const bucket = await two.succeeded(copyId);
		expect(bucket).toMatchObject({ seen: 1, copied: 1, missing: 0, different: 0 });
		const to = await bucketOf(two.target, from.bucket);
		expect((await head(to, 'big.bin')).ETag).toBe((await head(from, 'big.bin')).ETag);
		expect(await bytesOf(to, 'big.bin')).toBe(await bytesOf(from, 'big.bin'));
	}, 120_000);

	it('goes on after the target was killed in the middle', async () => {
		const from = await bucketOf(two.source);
		await putMany(from, 600);
		const { copyId } = await two.copy(from.bucket);
		await two.seen(copyId, 50);
		await two.target.crash();
		const bucket = await two.succeeded(copyId);
		expect(bucket).toMatchObject({ seen: 600, missing: 0, different: 0, refused: 0, targetObjects: 600 });
	}, 120_000);

	it('reports what changed in the source meanwhile, and brings it over the next time', async () => {
		const from = await bucketOf(two.source);
		await putMany(from, 900);
		await put(from, 'z-changes', 'before');
		await put(from, 'z-goes', 'before');
		const { copyId } = await two.copy(from.bucket);
		await two.seen(copyId, 20);
		await put(from, 'z-changes', 'after!');
		await from.s3.send(new DeleteObjectCommand({ Bucket: from.bucket, Key: 'z-goes' }));
		const bucket = await two.succeeded(copyId);
		const { findings } = await two.report(copyId);
		expect(findings.map(({ key, reason }) => [key, reason])).toEqual([['z-changes', 'changed']]);
		expect(bucket.missing + bucket.different).toBe(1);
		const again = await two.copy(from.bucket, null, true);
		expect(await two.succeeded(again.copyId)).toMatchObject({ copied: 1, missing: 0, different: 0 });
	}, 60_000);

	it('pauses, goes on, and ends when asked to; what was copied stays', async () => {
		const from = await bucketOf(two.source);
		await putMany(from, 800);
		const { copyId } = await two.copy(from.bucket);
		const on = { serviceId: two.targetId, copyId };
		await two.seen(copyId, 20);
		await two.api.pause(on);
		const paused = await two.ended(copyId, 'paused');
		expect(paused.seen).toBeLessThan(800);
		expect(await refusalOf(two.api.pause(on))).toMatchObject({ code: 'COPY_STATE' });
		await two.api.resume(on);
		await two.seen(copyId, paused.seen + 20);
		await two.api.cancel(on);
		const cancelled = await two.ended(copyId, 'cancelled');
		expect(await refusalOf(two.api.resume(on))).toMatchObject({ code: 'COPY_STATE' });
		expect(cancelled.seen).toBeLessThan(800);
		const to = await bucketOf(two.target, from.bucket);
		expect(await outcome(head(to, 'small/00000.txt'))).toBe('ok');
		const uploads = await to.s3.send(new ListMultipartUploadsCommand({ Bucket: to.bucket }));
		expect(uploads.Uploads ?? []).toEqual([]);
	}, 60_000);

	it('refuses what would mix or cannot be', async () => {
		const from = await bucketOf(two.source);
		await put(from, 'a', 'a');
		const to = await bucketOf(two.target, from.bucket);
		await put(to, 'b', 'b');
		const refused = { code: 'BUCKET_NOT_EMPTY', field: 'buckets.0.target' };
		expect(await refusalOf(two.copy(from.bucket))).toMatchObject(refused);
		expect(await refusalOf(two.copy(from.bucket, 'No Such'))).toMatchObject({
			...{ code: 'NAME_INVALID', field: 'buckets.0.target' },
		});
		expect(await refusalOf(two.copy('nowhere-at-all'))).toMatchObject({
			...{ code: 'BUCKET_NOT_FOUND', field: 'buckets.0.source' },
		});
		for (const [serviceId, code] of [
			[two.foreignId, 'NOT_FOUND'],
			[two.targetId, 'BAD_INPUT'],
		]) {
			const check = two.api.check({
				...{ serviceId: two.targetId, source: { kind: 'service' as const, serviceId: serviceId ?? '' } },
			});
			expect(await refusalOf(check)).toMatchObject({ code });
		}
		const { copyId } = await two.copy(from.bucket, null, true);
		expect(await two.succeeded(copyId)).toMatchObject({ copied: 1, sourceObjects: 1, targetObjects: 2 });
	}, 60_000);

	it('carries keys over with their rights, and their secrets where the source tells them', async () => {
		const from = await bucketOf(two.source);
		await put(from, 'a', 'a');
		const { copyId } = await two.copy(from.bucket, null, false, true);
		await two.succeeded(copyId);
		const { keys } = await two.report(copyId);
		const tells = two.source.admin().keys.exportSecret !== null;
		expect(keys).toEqual([{ id: from.key.id, description: 'app', outcome: tells ? 'carried' : 'newNeeded' }]);
		const s3 = appClient(two.target.endpoint(), from.key);
		expect(await outcome(put({ s3, bucket: from.bucket }, 'b', 'b'))).toMatch(
			tells ? /^ok$/ : /^(?:InvalidAccessKeyId|AccessDenied)$/,
		);
		const again = await two.copy(from.bucket, null, true, true);
		await two.succeeded(again.copyId);
		expect((await two.report(again.copyId)).keys[0]?.outcome).toBe(tells ? 'kept' : 'newNeeded');
	}, 60_000);

	it('copies from an S3 outside with a secret that stays nowhere', async () => {
		const from = await bucketOf(two.source);
		await putMany(from, 30);
		const outside = {
			...{ kind: 'outside' as const, endpoint: two.source.endpoint(), region: source.storageAdmin.region },
			...{ accessKeyId: from.key.id, isPathStyle: true, isInOwnNetwork: false },
		} as const;
		const on = { serviceId: two.targetId, source: outside };
		const secret = from.key.secret.reveal();
		const { buckets } = await two.api.check({ ...on, secret });
		expect(buckets?.map(({ name }) => name) ?? [from.bucket]).toContain(from.bucket);
		const wrong = two.api.check({ ...on, secret: 'x'.repeat(40) });
		expect(await refusalOf(wrong)).toMatchObject({ code: 'COPY_SOURCE_LOGIN' });

		const { copyId } = await two.api.create({
			...{ ...on, secret, buckets: [{ source: from.bucket, target: null, isIntoExisting: false }] },
		});
		expect(await two.succeeded(copyId)).toMatchObject({ copied: 30, missing: 0, targetObjects: 30 });
		const rows = [operations, auditLog, storageCopies].map((table) => two.app.db.select().from(table).all());
		expect(JSON.stringify(rows)).not.toContain(secret);
		expect(
			two.app.db
				.select()
				.from(storageCopies)
				.all()
				.every(({ secretCell }) => secretCell === null),
		).toBe(true);
	}, 60_000);
});

describe('a copy of one large object', () => {
	let two: TwoServers;
	let areHere = false;
	beforeAll(async () => {
		areHere = await isHere(minio);
		if (!areHere) return;
		const from = await startStorageServer(minio, { memoryBytes: 512 * MIB });
		two = new TwoServers({ source: minio, target: minio }, { source: from, target: from }, thisMachine);
	}, 120_000);
	beforeEach((context) => context.skip(!areHere, `the image of ${minio.label} is not on this machine`));
	afterAll(async () => {
		await two?.house.remove();
		await two?.source.remove();
	});

	it('takes no more memory than a small one', async () => {
		const from = await bucketOf(two.source);
		await putParts(from, 'huge.bin', 400 * MIB);
		global.gc?.();
		const before = process.memoryUsage().rss;
		let most = 0;
		const timer = setInterval(() => (most = Math.max(most, process.memoryUsage().rss)), 50);
		const { copyId } = await two.copy(from.bucket, freshName());
		await two.succeeded(copyId);
		clearInterval(timer);
		const grownMib = Math.round((most - before) / MIB);
		console.log(`a copy of 400 MiB grew the process by ${grownMib} MiB`);
		expect(grownMib).toBeLessThan(96);
	}, 120_000);
});

describe('a copy into a bucket of SeaweedFS', () => {
	let two: TwoServers;
	let areHere = false;
	beforeAll(async () => {
		areHere = (await isHere(garage)) && (await isHere(seaweedfs));
		if (!areHere) return;
		const servers = { source: await startStorageServer(garage), target: await startStorageServer(seaweedfs) };
		two = new TwoServers({ source: garage, target: seaweedfs }, servers, thisMachine);
	}, 120_000);
	beforeEach((context) => context.skip(!areHere, 'the images of Garage and SeaweedFS are not both here'));
	afterAll(async () => {
		await two?.house.remove();
		await two?.source.remove();
		await two?.target.remove();
	});

	it('says that it is full when the server denies it for that', async () => {
		const from = await bucketOf(two.source);
		await put(from, 'one', 'bytes of one');
		const to = await bucketOf(two.target);
		await put(to, 'filler', randomBytes(200_000));
		const quota = { maxBytes: 100_000, maxObjects: null };
		await two.target.admin().setQuota({ bucket: to.bucket, quota });
		const denied = () => outcome(put(to, 'x', 'x'));
		await expect.poll(denied, { timeout: 180_000, interval: 2_000 }).toBe('AccessDenied');
		const { copyId } = await two.copy(from.bucket, to.bucket, true);
		const { operationId } = await two.get(copyId);
		const operation = await two.app.runner.wait(operationId ?? '');
		expect([operation.status, operation.errorCode]).toEqual(['failed', 'STORAGE_QUOTA_EXCEEDED']);
	}, 240_000);
});
