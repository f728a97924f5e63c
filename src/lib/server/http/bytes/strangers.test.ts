import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { buildApp, type App } from '../../app';
import { loadEnv } from '../../env';
import { createLogger, Redactor } from '../../log';
import { byteWaysSymbol, placeSymbol, takeByteWay } from '../door.js';
import { createByteWays } from '.';

/** What the ways of bytes take of people who are nobody. */
const MIB = 1024 * 1024;
const restMs = 400;
const service = `svc_${'a'.repeat(20)}`;
let dataDir: string;
let app: App;
let server: Server;
let port: number;
let accepted: Socket | undefined;

beforeAll(async () => {
	dataDir = mkdtempSync(join(tmpdir(), 'sh0-strangers-'));
	app = buildApp(
		{ ...loadEnv({}), dataDir, dockerSocket: join(dataDir, 'none.sock') },
		{ log: createLogger({ level: 'error', redactor: new Redactor(), write: () => {} }) },
	);
	server = createServer((request, response) => takeByteWay(request, response, { bodyMs: 60_000, restMs }));
	server.requestTimeout = 0;
	server.on('connection', (socket: Socket) => (accepted = socket));
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	port = (server.address() as AddressInfo).port;
	Object.assign(globalThis, {
		[byteWaysSymbol]: createByteWays(app),
		[placeSymbol]: { origin: null, port },
	});
});
afterAll(async () => {
	Reflect.deleteProperty(globalThis, byteWaysSymbol);
	Reflect.deleteProperty(globalThis, placeSymbol);
	server.closeAllConnections();
	server.close();
	await app.stop();
	rmSync(dataDir, { recursive: true });
});

function begin(line: string): { client: Socket; answer: () => string; closed: Promise<void> } {
	const client = connect(port, '127.0.0.1');
	let text = '';
	client.on('data', (chunk) => (text += chunk.toString()));
	client.on('error', () => {});
	const closed = new Promise<void>((resolve) => client.once('close', () => resolve()));
	client.write(`${line} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nContent-Length: ${2 ** 40}\r\n\r\n`);
	return { client, answer: () => text, closed };
}

const lines: [string, number][] = [
	[`PUT /objects/${service}/b?key=k`, 401],
	['PUT /objects/x', 404],
	[`GET /s3/${service}/b/k`, 404],
	['GET /s3/x', 404],
	['PUT /s3/x', 404],
];

it.each(lines)('%s with a body that trickles in is let go', async (line, status) => {
	const { client, answer, closed } = begin(line);
	const drops = setInterval(() => client.write('x'), restMs / 8);
	const startedAt = Date.now();
	await closed;
	clearInterval(drops);
	expect(answer()).toContain(`HTTP/1.1 ${status} `);
	expect(Date.now() - startedAt).toBeLessThan(restMs + 3_000);
});

it.each(lines)('%s with a body without end is read no further than a little', async (line) => {
	const { client, closed } = begin(line);
	const piece = Buffer.alloc(256 * 1024);
	const write = () => {
		while (!client.destroyed && client.write(piece));
	};
	client.on('drain', write);
	write();
	await closed;
	// Beside the bound, what lies in the buffers.
	expect(accepted?.bytesRead ?? Infinity).toBeLessThan(8 * MIB);
});

it('a link that is asked for with a body is the last thing on its connection', async () => {
	const { client, answer, closed } = begin('GET /s3/x');
	await closed;
	expect(answer().toLowerCase()).toContain('connection: close');
	client.destroy();
});

it.each([`/objects/${service}/b?key=k`, `/s3/${service}/b/k`])(
	'%s is no script of our pages',
	async (path) => {
		const ask = (dest: string) =>
			fetch(`http://127.0.0.1:${port}${path}`, {
				headers: { 'sec-fetch-site': 'same-origin', 'sec-fetch-dest': dest },
			});
		expect((await ask('script')).status).toBe(403);
	},
);
