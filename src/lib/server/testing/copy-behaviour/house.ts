import { createHash, randomBytes } from 'node:crypto';
import type { Readable } from 'node:stream';
import {
	CompleteMultipartUploadCommand,
	CreateMultipartUploadCommand,
	GetObjectCommand,
	HeadObjectCommand,
	PutObjectCommand,
	UploadPartCommand,
	type CompletedPart,
	type S3Client,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, beforeEach, expect } from 'vitest';
import { writeTransaction } from '../../db/client';
import { services } from '../../db/schema/index';
import { newKey } from '../../engines/s3-family/key-material';
import type { StorageEngineDefinition } from '../../engines/storage';
import { newId } from '../../ids';
import { addressProblem, theInternet, type OutsideNetwork } from '../../storage/copies/address';
import { appRouter } from '../../trpc/router';
import { versionsHere } from '../images-here';
import { appClient } from '../storage-app';
import { startStorageServer, type StorageServer } from '../storage-server';
import { seedPeople, type SeededPeople } from '../surface-seed';
import { TestApp } from '../test-app';

export const MIB = 1024 * 1024;
const full = { read: true, write: true, owner: true };
let made = 0;

export function freshName(): string {
	made += 1;
	return `c-${made}-${Date.now().toString(36)}`;
}

/** This machine stands for one outside. */
const thisMachine: OutsideNetwork = {
	...theInternet,
	problem: (address, options) => (address === '127.0.0.1' ? null : addressProblem(address, options)),
};

/** The whole API over two real storage servers of one project. */
export class TwoServers {
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
export async function bucketOf(server: StorageServer, bucket = freshName()) {
	const key = newKey();
	if ((await server.admin().findBucket(bucket)) === null) await server.admin().createBucket(bucket);
	const permissions = [{ bucket, ...full }];
	await server.admin().keys.import({ ...key, description: 'app', expiresAt: null, permissions });
	return { bucket, key, s3: appClient(server.endpoint(), key) };
}

export type Place = { s3: S3Client; bucket: string };
export const put = (
	{ s3, bucket }: Place,
	Key: string,
	Body: string | Buffer | Readable,
	more: object = {},
) => s3.send(new PutObjectCommand({ Bucket: bucket, Key, Body, ...more }));
export const head = ({ s3, bucket }: Place, Key: string) =>
	s3.send(new HeadObjectCommand({ Bucket: bucket, Key }));

export async function bytesOf({ s3, bucket }: Place, Key: string): Promise<string> {
	const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key }));
	return createHash('sha256')
		.update((await Body?.transformToByteArray()) ?? '')
		.digest('hex');
}

export async function putMany(place: Place, count: number, prefix = 'small/'): Promise<void> {
	const numbers = Array.from({ length: count }, (_, index) => index);
	for (let at = 0; at < count; at += 20)
		await Promise.all(
			numbers
				.slice(at, at + 20)
				.map((n) => put(place, `${prefix}${String(n).padStart(5, '0')}.txt`, `object ${n}`.repeat(n % 7))),
		);
}

/** An object in parts of 8 MiB and a rest, as many clients upload it. */
export async function putParts(
	{ s3, bucket }: Place,
	Key: string,
	sizeBytes: number,
	facts: object = {},
): Promise<void> {
	const at = { Bucket: bucket, Key };
	const more = { ContentType: 'video/mp4', Metadata: { kind: 'parts' }, ...facts };
	const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ ...at, ...more }));
	const Parts: CompletedPart[] = [];
	for (let from = 0; from === 0 || from < sizeBytes; from += 8 * MIB) {
		const PartNumber = Parts.length + 1;
		const Body = randomBytes(Math.min(8 * MIB, sizeBytes - from));
		const { ETag } = await s3.send(new UploadPartCommand({ ...at, UploadId, PartNumber, Body }));
		Parts.push({ PartNumber, ETag });
	}
	await s3.send(new CompleteMultipartUploadCommand({ ...at, UploadId, MultipartUpload: { Parts } }));
}

async function isHere({ id, versions }: StorageEngineDefinition): Promise<boolean> {
	const all = versions.map(({ version }) => version);
	return (await versionsHere(id, all)).length > 0;
}

export type Pair = { source: StorageEngineDefinition; target: StorageEngineDefinition };

export type CopyHouse = ReturnType<typeof useTwoServers>;

/** Two servers of a project with the whole API over them, for all tests of a file; they are there from the first test on. */
export function useTwoServers(pair: Pair, { memoryBytes }: { memoryBytes?: number } = {}) {
	const { source, target } = pair;
	const memory = memoryBytes === undefined ? {} : { memoryBytes };
	let servers: { source: StorageServer; target: StorageServer } | undefined;
	let there: TwoServers | undefined;
	let back: TwoServers | undefined;

	beforeAll(async () => {
		if (!(await isHere(source)) || !(await isHere(target))) return;
		servers = {
			source: await startStorageServer(source, memory),
			target: await startStorageServer(target, memory),
		};
		there = new TwoServers(pair, servers, thisMachine);
	});
	beforeEach((context) =>
		context.skip(!there, `the images of ${source.label} and ${target.label} are not both on this machine`),
	);
	afterAll(async () => {
		await there?.house.remove();
		await back?.house.remove();
		await servers?.source.remove();
		await servers?.target.remove();
	});

	return {
		...pair,
		get two(): TwoServers {
			if (!there) throw new Error('the servers do not run');
			return there;
		},
		/** The same servers the other way round. */
		get back(): TwoServers {
			if (!servers) throw new Error('the servers do not run');
			back ??= new TwoServers(
				{ source: target, target: source },
				{ source: servers.target, target: servers.source },
				thisMachine,
			);
			return back;
		},
	};
}
