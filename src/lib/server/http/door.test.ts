import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { WebSocketServer } from 'ws';
import {
	byteWaysSymbol,
	createUpgradeHandler,
	judgeSocketSymbol,
	takeByteWay,
	webSocketOptions,
} from './door.js';

let server: Server;
let port: number;
let connections: () => Promise<number>;

beforeEach(async () => {
	const place = { origin: null, port: 0 };
	const wss = new WebSocketServer(webSocketOptions);
	server = createServer();
	server.on('upgrade', createUpgradeHandler({ wss, place, others: 'close' }));
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	port = (server.address() as AddressInfo).port;
	place.port = port;
	connections = () =>
		new Promise((resolve, reject) =>
			server.getConnections((error, count) => (error ? reject(error) : resolve(count))),
		);
});
afterEach(() => {
	Reflect.deleteProperty(globalThis, judgeSocketSymbol);
	Reflect.deleteProperty(globalThis, byteWaysSymbol);
	server.close();
});

/** Asks for an upgrade and never ends its own half. */
function knock(path: string, headers: string[] = []) {
	const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
	socket.on('error', () => {});
	socket.resume();
	const lines = [
		`GET ${path} HTTP/1.1`,
		`Host: 127.0.0.1:${port}`,
		'Connection: Upgrade',
		'Upgrade: websocket',
	];
	socket.write([...lines, ...headers, '', ''].join('\r\n'));
	return socket;
}

it.each([
	['on another path', '/elsewhere', []],
	['without credentials', '/trpc', []],
	['from a foreign page', '/trpc', ['Origin: https://evil.example', 'Cookie: a=b']],
])('a refused upgrade %s keeps no socket, whatever the client leaves open', async (_name, path, headers) => {
	const client = knock(path, headers);
	await new Promise((resolve) => client.once('end', resolve));
	await vi.waitFor(async () => expect(await connections()).toBe(0), { timeout: 10_000 });
	client.destroy();
});

it('an upgrade that is never judged is cut', { timeout: 15_000 }, async () => {
	Object.assign(globalThis, { [judgeSocketSymbol]: () => new Promise(() => {}) });
	const client = knock('/trpc', ['Authorization: Bearer x']);
	const startedAt = Date.now();
	await new Promise((resolve) => client.once('close', resolve).once('end', resolve));
	expect(Date.now() - startedAt).toBeGreaterThan(4_000);
	await vi.waitFor(async () => expect(await connections()).toBe(0), { timeout: 10_000 });
	client.destroy();
});

it('a body that is not all there in time is cut off, unless it is that of an object', async () => {
	Object.assign(globalThis, {
		[byteWaysSymbol]: ({ url }: IncomingMessage) => url?.startsWith('/objects/') ?? false,
	});
	server.on('request', (request: IncomingMessage, response: ServerResponse) => {
		takeByteWay(request, response, { bodyMs: 200, restMs: 200 });
	});
	const slow = (path: string) => {
		const socket = connect({ port, host: '127.0.0.1' });
		socket.on('error', () => {});
		socket.write(`POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf`);
		return socket;
	};
	const upload = slow('/objects/x');
	const call = slow('/trpc/x');
	await new Promise((resolve) => call.once('close', resolve));
	expect(upload.closed).toBe(false);
	upload.destroy();
});
