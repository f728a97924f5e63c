import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { webSocketOptions } from '../server/http/door.js';
import { createClient, toApiError, type Client } from './client';

type Call = { id: number; method: string };

/** What stands for the panel: its own bounded sockets, one piece of news for each subscription, and handshakes refused as told. */
let server: Server;
let wss: WebSocketServer;
let client: Client;
let refusedWith: number | null;
let answerHttp: (response: ServerResponse) => void;
let handshakes: number;
let messages: Call[][];

function upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
	handshakes += 1;
	if (refusedWith !== null) {
		socket.end(`HTTP/1.1 ${refusedWith} No\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
		return;
	}
	wss.handleUpgrade(request, socket, head, (peer) =>
		peer.on('message', (data) => {
			const parsed = JSON.parse(String(data)) as Call | Call[];
			const calls = [parsed].flat();
			messages.push(calls);
			for (const { id, method } of calls) {
				if (method !== 'subscription') continue;
				peer.send(JSON.stringify({ id, result: { type: 'started' } }));
				peer.send(JSON.stringify({ id, result: { type: 'data', data: { json: 'news' } } }));
			}
		}),
	);
}

function notSignedIn(response: ServerResponse): void {
	const data = { appCode: 'NOT_SIGNED_IN', details: {}, field: null, requestId: 'r' };
	const error = { json: { code: -32001, message: 'NOT_SIGNED_IN', data } };
	response.writeHead(401, { 'content-type': 'application/json' }).end(JSON.stringify({ error }));
}

beforeEach(async () => {
	refusedWith = null;
	handshakes = 0;
	messages = [];
	answerHttp = (response) => response.writeHead(502).end('a proxy');
	wss = new WebSocketServer(webSocketOptions);
	server = createServer((_request, response) => answerHttp(response)).on('upgrade', upgrade);
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	const { port } = server.address() as AddressInfo;
	client = createClient({ url: `http://127.0.0.1:${port}`, token: 'sh0_x', WebSocket });
});
afterEach(() => {
	client.close();
	for (const peer of wss.clients) peer.terminate();
	server.closeAllConnections();
	server.close();
});

function subscribe() {
	const seen = { data: 0, error: null as unknown, hasCompleted: false };
	const subscription = client.operations.watch.subscribe(
		{ operationId: 'op_x' },
		{
			onData: () => (seen.data += 1),
			onError: (error) => (seen.error = toApiError(error).code),
			onComplete: () => (seen.hasCompleted = true),
		},
	);
	return Object.assign(seen, subscription);
}
const many = (count: number) => Array.from({ length: count }, subscribe);

describe('subscriptions', () => {
	it('come in messages that the server takes, however many begin at once, and again after a lost connection', async () => {
		const all = many(20);
		await expect.poll(() => all.every(({ data }) => data === 1)).toBe(true);
		expect(messages.map((calls) => calls.length)).toEqual([10, 10]);
		for (const peer of wss.clients) peer.terminate();
		await expect.poll(() => all.every(({ data }) => data === 2), { timeout: 5_000 }).toBe(true);
	});

	it('are 20 at once: the next ends as THROTTLED, alone, until there is room', async () => {
		const all = many(21);
		await expect.poll(() => all.filter(({ data }) => data === 1)).toHaveLength(20);
		expect(all[20]).toMatchObject({ error: 'THROTTLED' });
		expect(all.slice(0, 20).every(({ error }) => error === null)).toBe(true);
		all[0]?.unsubscribe();
		const later = subscribe();
		await expect.poll(() => later.data).toBe(1);
	});

	it('end as NOT_SIGNED_IN when nobody is, and begin anew once somebody is', async () => {
		refusedWith = 401;
		answerHttp = notSignedIn;
		const all = many(2);
		await expect.poll(() => all.map(({ error }) => error)).toEqual(['NOT_SIGNED_IN', 'NOT_SIGNED_IN']);
		// The first time it comes back at once, while it asks why.
		expect(handshakes).toBeLessThanOrEqual(2);
		refusedWith = null;
		const later = subscribe();
		await expect.poll(() => later.data).toBe(1);
	});

	it('end as THROTTLED when the login has too many sockets', async () => {
		refusedWith = 429;
		const one = subscribe();
		await expect.poll(() => one.error).toBe('THROTTLED');
	});

	it('end as THROTTLED when the server calls it too much, instead of asking the same for ever', async () => {
		const one = subscribe();
		await expect.poll(() => one.data).toBe(1);
		for (const peer of wss.clients) peer.close(1008, 'too much');
		await expect.poll(() => one.error).toBe('THROTTLED');
	});

	it('wait for a server that is away', async () => {
		refusedWith = 503;
		const one = subscribe();
		await expect.poll(() => handshakes, { timeout: 5_000 }).toBeGreaterThan(1);
		expect(one.error).toBeNull();
		refusedWith = null;
		await expect.poll(() => one.data, { timeout: 10_000 }).toBe(1);
	});

	it('end without an error when the client is closed, and its socket with them', async () => {
		const one = subscribe();
		await expect.poll(() => one.data).toBe(1);
		client.close();
		expect(one).toMatchObject({ error: null, hasCompleted: true });
		await expect.poll(() => wss.clients.size).toBe(0);
	});

	it('say what they need when a token has no class that can send it', () => {
		const bare = createClient({ url: 'http://127.0.0.1:9', token: 'sh0_x' });
		expect(() => bare.operations.watch.subscribe({ operationId: 'op_x' }, {})).toThrow('WebSocket');
	});
});
