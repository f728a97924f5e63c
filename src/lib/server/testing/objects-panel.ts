import { createServer, request as httpRequest, type IncomingHttpHeaders, type Server } from 'node:http';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { vi } from 'vitest';
import type { Role, TokenScope } from '$lib/shared/roles';
import { objectPath, type ObjectQuery } from '$lib/shared/storage-links';
import { buildApp, type App } from '../app';
import { services } from '../db/schema';
import type { StorageEngineDefinition } from '../engines/storage';
import { loadEnv } from '../env';
import { createByteWays } from '../http/bytes';
import { cookieNames } from '../http/cookies';
import { openDoor, placeSymbol } from '../http/door.js';
import { passInLargePieces } from '../http/pieces.js';
import { createLogger, Redactor } from '../log';
import { appRouter } from '../trpc/router';
import type { StorageServer } from './storage-server';
import { seedProject, seedToken, type SeededProject } from './surface-seed';

export type Answer = { status: number; headers: IncomingHttpHeaders; body: Buffer };
type Sent = {
	method?: string;
	headers?: Record<string, string>;
	body?: Buffer | Readable;
	/** Of a stream. */
	length?: number;
};

/** The ways of bytes on a port of their own, before an S3 server that stands for a service's container. */
export class ObjectsPanel {
	readonly app: App;
	readonly project: SeededProject;
	readonly serviceId: string;
	url = '';
	readonly #dataDir = mkdtempSync(join(tmpdir(), 'sh0-objects-'));
	readonly #server: Server;

	constructor(definition: StorageEngineDefinition, storage: StorageServer) {
		passInLargePieces();
		this.app = buildApp(
			{ ...loadEnv({}), dataDir: this.#dataDir, dockerSocket: join(this.#dataDir, 'none.sock') },
			{ log: createLogger({ level: 'error', redactor: new Redactor() }) },
		);
		this.project = seedProject(this.app.db);
		this.serviceId = this.project.serviceId;
		const version = definition.versions[0]?.version ?? '';
		this.app.db.update(services).set({ kind: 'storage', engine: definition.id, version }).run();
		vi.spyOn(this.app.broker, 'storageAdmin').mockImplementation(() => Promise.resolve(storage.admin()));
		vi.spyOn(this.app.broker, 'storagePorts').mockImplementation(() =>
			Promise.resolve(storage.target().ports),
		);
		const ways = createByteWays(this.app);
		const place = { origin: null, port: 0 };
		this.#server = createServer((request, response) => {
			if (!openDoor(request, response, place)) return;
			if (!ways(request, response)) response.writeHead(404).end('no way of bytes');
		});
		this.#server.requestTimeout = 0;
		Object.assign(globalThis, { [placeSymbol]: place });
		this.#place = place;
	}

	readonly #place: { origin: null; port: number };

	async start(): Promise<void> {
		await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
		const address = this.#server.address();
		if (typeof address !== 'object' || address === null) throw new Error('no port');
		this.#place.port = address.port;
		this.url = `http://127.0.0.1:${address.port}`;
	}

	async stop(): Promise<void> {
		this.#server.closeAllConnections();
		await new Promise((resolve) => this.#server.close(resolve));
		await this.app.stop();
		vi.restoreAllMocks();
		rmSync(this.#dataDir, { recursive: true });
	}

	/** Calls procedures as a member of the project. */
	caller(role: Role = 'owner') {
		return appRouter.createCaller({
			...{ app: this.app, requestId: 'r', ip: '127.0.0.1', userAgent: 'test', batchSize: 1 },
			cookies: { deviceToken: null, set: () => {}, clear: () => {} },
			credentials: { kind: 'session', token: this.project.people[role].sessionToken },
		});
	}

	/** What a browser of this member sends with everything. */
	cookie(role: Role = 'owner'): Record<string, string> {
		const token = this.project.people[role].sessionToken;
		return { cookie: `${cookieNames(this.url).session}=${token}`, origin: this.url };
	}

	bearer(scopes: TokenScope[]): Record<string, string> {
		return { authorization: `Bearer ${seedToken(this.app.db, this.project, scopes)}` };
	}

	path(bucket: string, key: string, query: ObjectQuery = {}): string {
		return objectPath({ serviceId: this.serviceId, bucket, key }, query);
	}

	/** One request with exactly these headers, on a connection of its own. */
	async send(path: string, { method = 'GET', headers = {}, body, length }: Sent = {}): Promise<Answer> {
		const { hostname, port } = new URL(this.url);
		return new Promise((resolve, reject) => {
			const size = body instanceof Buffer ? body.length : length;
			const outgoing = httpRequest({
				...{ hostname, port, path, method, agent: false },
				headers: { ...(size === undefined ? {} : { 'content-length': size }), ...headers },
			});
			outgoing.on('error', reject);
			outgoing.on('response', (incoming) => {
				const chunks: Buffer[] = [];
				incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
				incoming.on('error', reject);
				incoming.on('end', () =>
					resolve({
						status: incoming.statusCode ?? 0,
						headers: incoming.headers,
						body: Buffer.concat(chunks),
					}),
				);
			});
			if (body instanceof Readable) body.pipe(outgoing);
			else outgoing.end(body);
		});
	}

	get(bucket: string, key: string, headers: Record<string, string> = {}, query: ObjectQuery = {}) {
		return this.send(this.path(bucket, key, query), { headers: { ...this.cookie(), ...headers } });
	}

	put(
		bucket: string,
		key: string,
		body: Buffer,
		headers: Record<string, string> = {},
		query: ObjectQuery = {},
	) {
		return this.send(this.path(bucket, key, query), {
			...{ method: 'PUT', body },
			headers: { ...this.cookie(), ...headers },
		});
	}
}

/** The code of ours in an answer, or null. */
export function codeIn({ body }: Answer): string | null {
	return /"appCode":"([A-Z_]+)"/.exec(body.toString())?.[1] ?? null;
}
