import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { Agent, get, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import {
	CompleteMultipartUploadCommand,
	CreateMultipartUploadCommand,
	GetObjectCommand,
	ListObjectsV2Command,
	PutObjectCommand,
	S3Client,
	UploadPartCommand,
} from '@aws-sdk/client-s3';
import { objectPath, PART_BYTES } from '../../src/lib/shared/storage-links';
import type { Client } from '../../src/lib/trpc/client';
import { docker, runProgram } from './docker';
import { ms, quantile, sideBySide, timeMs, type Row } from './measure';

const sizeBytes = 1024 ** 3;
const lanes = 3;
const bucket = 'bench';
const rounds = 3;
const manyObjects = 100_000;

type About = {
	sh0: Client;
	url: string;
	/** Of an owner's token. */
	token: string;
	pid: number;
	projectId: string;
	engine: { id: string; version: string; label: string };
	containerOf: (serviceId: string) => string;
};

/** What an engine's own command line is told for a bucket, a key and its right: arguments and standard input of each call. */
type ByHand = {
	/** `mc`: MinIO's own, which is not in its image, from the `PATH` of this machine. */
	program: 'docker exec' | 'mc';
	calls: (round: number) => { argv: string[]; input: string }[];
};
const readWrite = (name: string) =>
	JSON.stringify({
		Version: '2012-10-17',
		Statement: [
			{ Effect: 'Allow', Action: ['s3:*'], Resource: [`arn:aws:s3:::${name}`, `arn:aws:s3:::${name}/*`] },
		],
	});

const byHand: Record<string, ByHand> = {
	garage: {
		program: 'docker exec',
		calls(round) {
			const name = `theirs-${round}`;
			return [
				{ argv: ['/garage', 'bucket', 'create', name], input: '' },
				{ argv: ['/garage', 'key', 'create', name], input: '' },
				{ argv: ['/garage', 'bucket', 'allow', '--read', '--write', name, '--key', name], input: '' },
			];
		},
	},
	minio: {
		program: 'mc',
		calls(round) {
			const name = `theirs-${round}`;
			// It opens what it is given by name, which a pipe of Node's has none of.
			const policy = join(mkdtempSync(join(tmpdir(), 'sh0-bench-')), 'policy.json');
			writeFileSync(policy, readWrite(name));
			return [
				{ argv: ['mb', `server/${name}`], input: '' },
				{ argv: ['admin', 'user', 'add', 'server'], input: `${name}\nKq8${'x'.repeat(20)}\n` },
				{ argv: ['admin', 'policy', 'create', 'server', name, policy], input: '' },
				{ argv: ['admin', 'policy', 'attach', 'server', name, '--user', name], input: '' },
			];
		},
	},
	seaweedfs: {
		program: 'docker exec',
		calls(round) {
			const key = `-access_key=THEIRS${String(round).padStart(14, '0')} -secret_key=Kq8${'x'.repeat(20)}`;
			const right = `-user=theirs-${round} -buckets=theirs-${round} -actions=Read,Write,List -apply`;
			const input = `s3.bucket.create -name theirs-${round}\ns3.configure ${key} ${right}\n`;
			return [{ argv: ['weed', 'shell'], input }];
		},
	},
};

const lengthOf = (piece: unknown): number => (piece instanceof Uint8Array ? piece.length : 0);

/** Runs the work for each number below `count`, so many at once. */
async function inLanes(
	most: number,
	count: number,
	work: (index: number) => Promise<unknown>,
): Promise<void> {
	let next = 0;
	const lane = async () => {
		for (let index = next++; index < count; index = next++) await work(index);
	};
	await Promise.all(Array.from({ length: most }, lane));
}

/** The most memory a process holds while something runs, in MiB above what it held before. */
async function growthDuring(pid: number, work: () => Promise<unknown>): Promise<number> {
	const held = () => Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);
	const before = held();
	let most = before;
	const timer = setInterval(() => (most = Math.max(most, held())), 20);
	try {
		await work();
	} finally {
		clearInterval(timer);
	}
	return (most - before) / 1024;
}

/** A storage server made through the API, and the same done through the panel and by the SDK straight to the engine. */
export class StorageBench {
	readonly #about: About;
	readonly #parts = Array.from({ length: lanes }, () => randomBytes(PART_BYTES));
	readonly #agent = new Agent({ keepAlive: true });
	#serviceId = '';
	#s3: S3Client | null = null;
	#uploaded = 0;

	constructor(about: About) {
		this.#about = about;
	}

	async #open(): Promise<S3Client> {
		if (this.#s3) return this.#s3;
		const { sh0, projectId, engine } = this.#about;
		const name = `b-${randomBytes(4).toString('hex')}b`;
		const { operationId, serviceId } = await sh0.services.create.mutate({
			...{ projectId, engine: engine.id, version: engine.version, name, memoryBytes: 1024 ** 3 },
		});
		for (;;) {
			const { status } = await sh0.operations.get.query({ operationId });
			if (status === 'succeeded') break;
			if (status !== 'running') throw new Error(`the operation ended as ${status}`);
			await sleep(50);
		}
		await sh0.buckets.create.mutate({ serviceId, name: bucket });
		const permissions = [{ bucket, read: true, write: true, owner: false }];
		const { id, secret } = await sh0.storageKeys.create.mutate({ serviceId, permissions });
		const { host, port, storage } = await sh0.services.connection.query({ serviceId });
		this.#serviceId = serviceId;
		this.#s3 = new S3Client({
			endpoint: `http://${host}:${port}`,
			region: storage?.region ?? '',
			forcePathStyle: true,
			requestChecksumCalculation: 'WHEN_REQUIRED',
			responseChecksumValidation: 'WHEN_REQUIRED',
			credentials: { accessKeyId: id, secretAccessKey: secret },
			requestHandler: { httpAgent: new Agent({ keepAlive: true, maxSockets: 64 }) },
		});
		return this.#s3;
	}

	/** Content that no engine has seen: equal blocks would be stored once. */
	#part(lane: number): Buffer {
		const part = this.#parts[lane] ?? randomBytes(PART_BYTES);
		for (let offset = 0; offset < part.length; offset += 4_096)
			part.writeUInt32LE((this.#uploaded = (this.#uploaded + 1) >>> 0), offset);
		return part;
	}

	async #throughPanel(key: string): Promise<void> {
		const { sh0 } = this.#about;
		const place = { serviceId: this.#serviceId, bucket, key };
		const { uploadId } = await sh0.objects.createUpload.mutate(place);
		const parts = sizeBytes / PART_BYTES;
		await inLanes(lanes, parts, async (index) => {
			await this.#put(objectPath(place, { uploadId, partNumber: index + 1 }), this.#part(index % lanes));
		});
		await sh0.objects.completeUpload.mutate({ ...place, uploadId, parts, sizeBytes });
	}

	async #straight(s3: S3Client, key: string): Promise<void> {
		const place = { Bucket: bucket, Key: key };
		const { UploadId } = await s3.send(new CreateMultipartUploadCommand(place));
		const Parts: { PartNumber: number; ETag: string | undefined }[] = [];
		await inLanes(lanes, sizeBytes / PART_BYTES, async (index) => {
			const PartNumber = index + 1;
			const Body = new Uint8Array(this.#part(index % lanes));
			const { ETag } = await s3.send(new UploadPartCommand({ ...place, UploadId, PartNumber, Body }));
			Parts.push({ PartNumber, ETag });
		});
		Parts.sort((a, b) => a.PartNumber - b.PartNumber);
		await s3.send(new CompleteMultipartUploadCommand({ ...place, UploadId, MultipartUpload: { Parts } }));
	}

	/** As the SDK does: `fetch` costs more than what is measured. */
	#put(path: string, body: Buffer): Promise<void> {
		const headers = { authorization: `Bearer ${this.#about.token}`, 'content-length': body.length };
		const options = { method: 'PUT', headers, agent: this.#agent };
		return new Promise((resolve, reject) => {
			const outgoing = request(new URL(path, this.#about.url), options, (incoming) => {
				incoming.resume();
				incoming.on('error', reject);
				incoming.on('end', () => {
					if (incoming.statusCode === 200) resolve();
					else reject(new Error(`a part was answered ${incoming.statusCode}`));
				});
			});
			outgoing.on('error', reject);
			outgoing.end(body);
		});
	}

	/** Both ways are read by the same kind of stream. */
	async #read(body: unknown): Promise<void> {
		if (!(body instanceof Readable)) throw new Error('no stream');
		let size = 0;
		for await (const piece of body) size += lengthOf(piece);
		if (size !== sizeBytes) throw new Error(`${size} bytes came back`);
	}

	#get(path: string): Promise<Readable> {
		const headers = { authorization: `Bearer ${this.#about.token}` };
		return new Promise((resolve, reject) => {
			get(new URL(path, this.#about.url), { headers, agent: false }, resolve).on('error', reject);
		});
	}

	#row(what: string, { oursMs, theirsMs }: { oursMs: number; theirsMs: number }): Row {
		const rate = (spentMs: number) => `${(sizeBytes / 1024 ** 2 / (spentMs / 1_000)).toFixed(0)} MiB/s`;
		return {
			what: `${this.#about.engine.label}: ${what}`,
			...{ ours: rate(oursMs), raw: `${rate(theirsMs)} (SDK)` },
			...{ ratio: `${(theirsMs / oursMs).toFixed(2)} x`, goal: '>= 0.9 x' },
		};
	}

	/** 1 GiB up in parts of 16 MiB, three at once, and down in one; what the panel's memory grew by meanwhile. */
	async transfers(): Promise<Row[]> {
		const s3 = await this.#open();
		const { pid, engine } = this.#about;
		let grownMib = 0;
		const watched = async (work: () => Promise<unknown>) => {
			grownMib = Math.max(grownMib, await growthDuring(pid, work));
		};
		const up = await sideBySide(
			rounds,
			() => watched(() => this.#throughPanel('ours')),
			() => this.#straight(s3, 'theirs'),
		);
		const path = objectPath({ serviceId: this.#serviceId, bucket, key: 'ours' });
		const down = await sideBySide(
			rounds,
			() => watched(async () => this.#read(await this.#get(path))),
			async () => {
				const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: 'theirs' }));
				await this.#read(Body);
			},
		);
		return [
			this.#row('1 GiB up through the panel', up),
			this.#row('1 GiB down through the panel', down),
			{
				what: `${engine.label}: memory of the panel meanwhile`,
				...{ ours: `+ ${grownMib.toFixed(0)} MiB`, raw: '', ratio: '', goal: '<= 64 MiB' },
			},
		];
	}

	async #byHand({ program }: ByHand): Promise<(argv: string[], input: string) => Promise<string>> {
		const { sh0, containerOf } = this.#about;
		const serviceId = this.#serviceId;
		if (program === 'docker exec')
			return (argv, input) => docker(['exec', '-i', containerOf(serviceId), ...argv], { input });
		const { value: password } = await sh0.secrets.reveal.mutate({ serviceId, kind: 'root' });
		const { host, port, user } = await sh0.services.connection.query({ serviceId });
		const env = { MC_HOST_server: `http://${user}:${password}@${host}:${port}` };
		return (argv, input) => runProgram('mc', ['--quiet', ...argv], { input, env });
	}

	/** A bucket, a key and its right in that bucket, beside the same by the engine's own command line. */
	async bucketKeyRight(): Promise<Row> {
		await this.#open();
		const { sh0, engine } = this.#about;
		const serviceId = this.#serviceId;
		const what = `${engine.label}: bucket + key + right`;
		const hand = byHand[engine.id];
		if (!hand) throw new Error(`nobody said how ${engine.label} is used by hand`);
		if (hand.program === 'mc' && !(await runProgram('mc', ['--version']).catch(() => '')))
			return { what: `${what}: not measured, there is no mc`, ours: '', raw: '', ratio: '', goal: '' };
		const tell = await this.#byHand(hand);
		const { oursMs, theirsMs } = await sideBySide(
			20,
			async (round) => {
				const name = `ours-${round}`;
				await sh0.buckets.create.mutate({ serviceId, name });
				const permissions = [{ bucket: name, read: true, write: true, owner: false }];
				await sh0.storageKeys.create.mutate({ serviceId, permissions });
			},
			async (round) => {
				for (const { argv, input } of hand.calls(round)) await tell(argv, input);
			},
		);
		return {
			what,
			...{ ours: ms(oursMs), raw: `${ms(theirsMs)} (${hand.program} x${hand.calls(0).length})` },
			...{
				ratio: `${(theirsMs / oursMs).toFixed(1)} x faster`,
				goal: engine.id === 'minio' ? '>= 20 x' : '>= 5 x',
			},
		};
	}

	/** The first page of a bucket of 100,000 objects, as the browser asks for it. */
	async firstPage(): Promise<Row> {
		const s3 = await this.#open();
		await inLanes(32, manyObjects, (index) =>
			s3.send(
				new PutObjectCommand({ Bucket: bucket, Key: `many/${String(index).padStart(6, '0')}`, Body: 'x' }),
			),
		);
		const { sh0, engine } = this.#about;
		const input = { serviceId: this.#serviceId, bucket, prefix: 'many/' };
		const ours: number[] = [];
		const theirs: number[] = [];
		for (let round = 0; round < 30; round += 1) {
			ours.push(await timeMs(() => sh0.objects.list.query(input)));
			theirs.push(
				await timeMs(() =>
					s3.send(
						new ListObjectsV2Command({ Bucket: bucket, Prefix: 'many/', Delimiter: '/', MaxKeys: 100 }),
					),
				),
			);
		}
		return {
			what: `${engine.label}: first page of 100,000 objects, p50`,
			...{ ours: ms(quantile(ours, 0.5)), raw: `${ms(quantile(theirs, 0.5))} (SDK)`, ratio: '', goal: '' },
		};
	}

	close(): void {
		this.#s3?.destroy();
		this.#agent.destroy();
	}
}
