import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { openCopyClient, type Side } from '../engines/s3-family/copy/client';
import { Secret } from '../secret';

export type MemoryObject = { bytes: Buffer; etag: string; changedAt: Date; tags?: string };
type Answer = { status?: number; body?: string | Buffer; headers?: Record<string, string> };

const md5 = (bytes: Buffer, encoding: 'hex' | 'base64' = 'hex') =>
	createHash('md5').update(bytes).digest(encoding);
const refusal = (status: number, code: string): Answer => ({
	...{ status, body: `<?xml version="1.0"?><Error><Code>${code}</Code><Message>${code}</Message></Error>` },
});
const escaped = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');

/** One bucket that speaks enough of S3 for a copy, kept in memory, with dates and checksums of a test's choice. */
export class MemoryS3 {
	/** Once it has started. */
	endpoint = '';
	readonly objects = new Map<string, MemoryObject>();
	/** Parts by upload; a new upload is called after its number. */
	readonly uploads = new Map<string, Map<number, Buffer>>();
	/** How many uploads in parts were begun. */
	began = 0;
	/** The keys of what clients wrote, in order. */
	readonly written: string[] = [];
	/** How often it was asked for an object's tags. */
	tagsAsked = 0;
	/** The tags that it takes. */
	takesTags: (tags: string) => boolean = () => true;
	/** Tags of uploads, by their ids. */
	readonly #tags = new Map<string, string>();
	/** It writes checksums in quotes where it tells of one object, as lists need not. */
	quotes = false;
	/** What it denies. */
	refuses: (request: IncomingMessage) => boolean = () => false;
	/** The name by which it does. */
	refusalName = 'AccessDenied';
	/** Where it takes the bytes and hangs up. */
	hangsUp: (request: IncomingMessage) => boolean = () => false;
	/** How far it gets with a list: to its end, or to the middle, where it hangs up or says nothing more. */
	listing: () => 'whole' | 'cut' | 'silent' = () => 'whole';
	/** How it writes a key into a list. */
	encoded: (key: string) => string = encodeURIComponent;
	/** As one server does, it refuses to list after a key with a segment of dots. */
	readonly #refusesDots: boolean;
	readonly #role: Side['role'];
	readonly #server: Server;
	#side: Side | undefined;

	constructor(role: Side['role'], { refusesDots = false } = {}) {
		this.#role = role;
		this.#refusesDots = refusesDots;
		this.#server = createServer((request, response) => {
			// A client that leaves in the middle gets no answer.
			this.#serve(request, response).catch(() => response.destroy());
		});
	}

	async start(): Promise<Side> {
		await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
		const address = this.#server.address();
		if (typeof address !== 'object' || address === null) throw new Error('no port');
		this.endpoint = `http://127.0.0.1:${address.port}`;
		const s3 = openCopyClient({
			...{ endpoint: this.endpoint, region: 'us-east-1', isPathStyle: true },
			...{ accessKeyId: 'AKEXAMPLE', secret: new Secret('s'.repeat(40)) },
		});
		this.#side = { role: this.#role, s3, bucket: 'bucket' };
		return this.#side;
	}

	stop(): void {
		this.#side?.s3.destroy();
		this.#server.closeAllConnections();
		this.#server.close();
	}

	put(key: string, content: string | Buffer, more: Partial<MemoryObject> = {}): void {
		const bytes = Buffer.from(content);
		this.objects.set(key, { bytes, etag: `"${md5(bytes)}"`, changedAt: new Date(), ...more });
	}

	text(key: string): string | undefined {
		return this.objects.get(key)?.bytes.toString();
	}

	async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
		const chunks: Buffer[] = [];
		for await (const chunk of request) chunks.push(Buffer.from(chunk));
		if (this.hangsUp(request)) return void response.destroy();
		const url = new URL(request.url ?? '', 'http://localhost');
		const key = decodeURIComponent(url.pathname.slice('/bucket/'.length));
		const {
			status = 200,
			body = '',
			headers = {},
		} = this.#answer(request, {
			...{ key, query: url.searchParams, bytes: Buffer.concat(chunks) },
		});
		response.writeHead(status, { 'content-length': Buffer.byteLength(body), ...headers });
		const listing = url.searchParams.has('list-type') ? this.listing() : 'whole';
		if (listing !== 'whole') {
			const half = body.slice(0, body.length / 2);
			response.write(half, () => listing === 'cut' && response.destroy());
			return;
		}
		response.end(request.method === 'HEAD' ? undefined : body);
	}

	#answer(
		request: IncomingMessage,
		{ key, query, bytes }: { key: string; query: URLSearchParams; bytes: Buffer },
	): Answer {
		const { method, headers } = request;
		if (this.refuses(request)) return refusal(403, this.refusalName);
		if (query.has('list-type')) return this.#list(query.get('start-after') ?? '');
		const { 'x-amz-tagging': tags = '' } = headers;
		if (typeof tags === 'string' && tags !== '' && !this.takesTags(tags)) return refusal(400, 'InvalidTag');
		if (this.#isPast(request, key)) return refusal(412, 'PreconditionFailed');
		if (query.has('uploads') || query.has('uploadId'))
			return this.#upload(method, { key, query, bytes, tags: String(tags) });
		if (query.has('tagging')) return this.#tagging(key);
		if (method === 'DELETE') {
			this.objects.delete(key);
			return { status: 204 };
		}
		if (method === 'PUT') {
			const claimed = headers['content-md5'];
			if (claimed !== undefined && claimed !== md5(bytes, 'base64')) return refusal(400, 'BadDigest');
			this.written.push(key);
			this.put(key, bytes, tags === '' ? {} : { tags: String(tags) });
			return { headers: { etag: `"${md5(bytes)}"` } };
		}
		const object = this.objects.get(key);
		if (object === undefined) return refusal(404, 'NoSuchKey');
		if (headers['if-match'] !== undefined && headers['if-match'] !== object.etag)
			return refusal(412, 'PreconditionFailed');
		const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(headers.range ?? '') ?? [];
		const body = first === undefined ? object.bytes : object.bytes.subarray(Number(first), Number(last) + 1);
		const etag = this.quotes ? `"${object.etag}"` : object.etag;
		const facts = { etag, 'last-modified': object.changedAt.toUTCString() };
		const count = [...new URLSearchParams(object.tags)].length;
		const tagCount: Record<string, string> = count === 0 ? {} : { 'x-amz-tagging-count': String(count) };
		return { status: first === undefined ? 200 : 206, body, headers: { ...facts, ...tagCount } };
	}

	/** What is to be written is there already, or is another one. */
	#isPast({ method, headers }: IncomingMessage, key: string): boolean {
		if (method !== 'PUT' && method !== 'POST') return false;
		const etag = this.objects.get(key)?.etag;
		if (headers['if-none-match'] === '*' && etag !== undefined) return true;
		return headers['if-match'] !== undefined && headers['if-match'] !== etag;
	}

	#tagging(key: string): Answer {
		this.tagsAsked += 1;
		const tags = [...new URLSearchParams(this.objects.get(key)?.tags)].map(
			([name, value]) => `<Tag><Key>${escaped(name)}</Key><Value>${escaped(value)}</Value></Tag>`,
		);
		return { body: `<?xml version="1.0"?><Tagging><TagSet>${tags.join('')}</TagSet></Tagging>` };
	}

	#list(after: string): Answer {
		if (this.#refusesDots && after.split('/').includes('..'))
			return refusal(400, 'XMinioInvalidResourceName');
		const keys = [...this.objects.keys()].sort().filter((key) => key > after);
		const contents = keys.slice(0, 1_000).map((key) => {
			const { bytes, etag, changedAt } = this.objects.get(key) ?? {
				bytes: '',
				etag: '',
				changedAt: new Date(),
			};
			const facts = `<ETag>${escaped(etag)}</ETag><LastModified>${changedAt.toISOString()}</LastModified>`;
			return `<Contents><Key>${escaped(this.encoded(key))}</Key><Size>${bytes.length}</Size>${facts}</Contents>`;
		});
		const page = `<EncodingType>url</EncodingType><IsTruncated>${keys.length > 1_000}</IsTruncated>`;
		return {
			body: `<?xml version="1.0"?><ListBucketResult>${page}${contents.join('')}</ListBucketResult>`,
		};
	}

	#upload(
		method: string | undefined,
		{ key, query, bytes, tags }: { key: string; query: URLSearchParams; bytes: Buffer; tags: string },
	): Answer {
		if (query.has('uploads')) this.began += 1;
		const id = query.get('uploadId') ?? `upload${this.began}`;
		if (tags !== '') this.#tags.set(id, tags);
		if (query.has('uploads')) this.uploads.set(id, new Map());
		const parts = this.uploads.get(id);
		if (parts === undefined) return refusal(404, 'NoSuchUpload');
		const xml = (inside: string): Answer => ({ body: `<?xml version="1.0"?><Result>${inside}</Result>` });
		if (query.has('uploads')) return xml(`<UploadId>${id}</UploadId>`);
		if (method === 'PUT') {
			parts.set(Number(query.get('partNumber')), bytes);
			return { headers: { etag: `"${md5(bytes)}"` } };
		}
		if (method === 'DELETE') {
			this.uploads.delete(id);
			return { status: 204 };
		}
		if (method === 'GET')
			return xml(
				[...parts]
					.map(([n, part]) => `<Part><PartNumber>${n}</PartNumber><ETag>"${md5(part)}"</ETag></Part>`)
					.join(''),
			);
		const all = [...parts].sort(([a], [b]) => a - b).map(([, part]) => part);
		const sums = Buffer.concat(all.map((part) => Buffer.from(md5(part), 'hex')));
		const etag = `"${md5(sums)}-${all.length}"`;
		this.uploads.delete(id);
		this.written.push(key);
		const kept = this.#tags.get(id);
		this.put(key, Buffer.concat(all), { etag, ...(kept === undefined ? {} : { tags: kept }) });
		return xml(`<ETag>${etag}</ETag>`);
	}
}
