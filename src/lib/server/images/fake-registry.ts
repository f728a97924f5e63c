import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { once } from 'node:events';
import { pack } from 'tar-fs';
import { buffer } from 'node:stream/consumers';

const MANIFEST_TYPE = 'application/vnd.docker.distribution.manifest.v2+json';

type Blob = { content: Buffer; type: string };

/**
 * A registry for tests on 127.0.0.1, which Docker takes without TLS. It speaks the part of the Distribution protocol (v2, image manifest
 * schema 2) that a pull needs, and can be told to behave badly.
 */
export class FakeRegistry {
	readonly #server: Server;
	readonly #blobs = new Map<string, Blob>();
	readonly #tags = new Map<string, string>();
	/** Knows nothing any more when true. */
	isSilent = false;
	#blobHook: (response: ServerResponse, blob: Blob) => boolean = () => false;

	private constructor(server: Server) {
		this.#server = server;
		server.on('request', (request, response) => this.#answer(request, response));
	}

	static async start(): Promise<FakeRegistry> {
		const server = createServer();
		server.listen(0, '127.0.0.1');
		await once(server, 'listening');
		return new FakeRegistry(server);
	}

	/** Such as `127.0.0.1:41234`. */
	get host(): string {
		const address = this.#server.address();
		if (address === null || typeof address === 'string') throw new Error('the registry does not listen');
		const { port }: AddressInfo = address;
		return `127.0.0.1:${port}`;
	}

	/** Puts an image whose one layer is `folder` under the tag and gives its digest. */
	async publish(tag: string, folder: string): Promise<string> {
		const tar = await buffer(pack(folder));
		const layer = this.#store(gzipSync(tar), 'application/octet-stream');
		const config = this.#store(
			Buffer.from(
				JSON.stringify({
					architecture: process.arch === 'arm64' ? 'arm64' : 'amd64',
					os: 'linux',
					config: {},
					rootfs: { type: 'layers', diff_ids: [digestOf(tar)] },
				}),
			),
			'application/octet-stream',
		);
		const manifest = {
			schemaVersion: 2,
			mediaType: MANIFEST_TYPE,
			config: { ...this.#descriptor(config), mediaType: 'application/vnd.docker.container.image.v1+json' },
			layers: [
				{ ...this.#descriptor(layer), mediaType: 'application/vnd.docker.image.rootfs.diff.tar.gzip' },
			],
		};
		const digest = this.#store(Buffer.from(JSON.stringify(manifest)), MANIFEST_TYPE);
		this.#tags.set(tag, digest);
		return digest;
	}

	/** `hook` sees every answer with a blob first, and returns true when it has taken care of it. */
	onBlob(hook: (response: ServerResponse, blob: Blob) => boolean): void {
		this.#blobHook = hook;
	}

	async stop(): Promise<void> {
		this.#server.closeAllConnections();
		this.#server.close();
		await once(this.#server, 'close');
	}

	#store(content: Buffer, type: string): string {
		const digest = digestOf(content);
		this.#blobs.set(digest, { content, type });
		return digest;
	}

	#descriptor(digest: string): { digest: string; size: number } {
		return { digest, size: this.#blobs.get(digest)?.content.length ?? 0 };
	}

	#answer(request: IncomingMessage, response: ServerResponse): void {
		const path = request.url ?? '';
		if (this.isSilent) return void response.writeHead(503).end();
		if (path === '/v2/') return void response.end('{}');
		const [, kind, name = ''] = /\/(manifests|blobs)\/([^/?]+)/.exec(path) ?? [];
		const digest = this.#tags.get(name) ?? name;
		const blob = this.#blobs.get(digest);
		if (blob === undefined)
			return void response.writeHead(404).end('{"errors":[{"code":"MANIFEST_UNKNOWN"}]}');
		if (kind === 'blobs' && this.#blobHook(response, blob)) return;
		response.writeHead(200, {
			'content-type': blob.type,
			'content-length': blob.content.length,
			'docker-content-digest': digest,
		});
		response.end(request.method === 'HEAD' ? undefined : blob.content);
	}
}

function digestOf(content: Buffer): string {
	return `sha256:${createHash('sha256').update(content).digest('hex')}`;
}
