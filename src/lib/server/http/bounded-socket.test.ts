import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { webSocketOptions } from './door.js';

let server: Server;
let taken: string[];
let theirs: WebSocket;
let ours: WebSocket;

beforeEach(async () => {
	taken = [];
	const wss = new WebSocketServer(webSocketOptions);
	server = createServer().on('upgrade', (request, socket, head) =>
		wss.handleUpgrade(request, socket, head, (client) => {
			ours = client;
			client.on('message', (data) => taken.push(String(data)));
		}),
	);
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	theirs = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
	await once(theirs, 'open');
});
afterEach(() => {
	theirs.terminate();
	server.close();
});

const call = (id: number, method = 'subscription') => ({ id, method, params: { path: 'x' } });
const send = (message: unknown) => theirs.send(JSON.stringify(message));
const closed = async () => Number((await once(theirs, 'close'))[0]);
const calls = (count: number, method?: string) =>
	Array.from({ length: count }, (_, index) => call(index, method));

it('takes ten calls in one message, and closes at eleven before any is run', async () => {
	send(calls(10, 'query'));
	await expect.poll(() => taken).toHaveLength(1);
	send(calls(11, 'query'));
	expect(await closed()).toBe(1008);
	expect(taken).toHaveLength(1);
});

it('holds 20 subscriptions at once', async () => {
	for (let id = 0; id < 20; id += 1) send(call(id));
	await expect.poll(() => taken).toHaveLength(20);
	send(call(20));
	expect(await closed()).toBe(1008);
	expect(taken).toHaveLength(20);
});

it('counts only subscriptions that have not ended, by either side or with an error', async () => {
	for (let id = 0; id < 20; id += 1) send(call(id));
	await expect.poll(() => taken).toHaveLength(20);
	send(call(0, 'subscription.stop'));
	ours.send(JSON.stringify({ id: 1, result: { type: 'stopped' } }));
	ours.send(JSON.stringify({ id: 2, error: { json: {} } }));
	for (const id of [30, 31, 32]) send(call(id));
	await expect.poll(() => taken).toHaveLength(24);
	expect(theirs.readyState).toBe(WebSocket.OPEN);
});

it('is cut when its peer does not read', async () => {
	theirs.pause();
	const text = 'x'.repeat(1024 * 1024);
	const isCut = once(ours, 'close');
	for (let count = 0; count < 60 && ours.readyState === WebSocket.OPEN; count += 1) {
		ours.send(text);
		await new Promise((resolve) => setTimeout(resolve, 5));
	}
	expect(ours.readyState).not.toBe(WebSocket.OPEN);
	await isCut;
});
