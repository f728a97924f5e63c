import { createServer, request, type RequestListener, type Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { isAppError } from '../../errors';
import { askEngine, passOn, readRefusal } from './relay';

const servers: Server[] = [];
afterEach(() => {
	for (const server of servers.splice(0)) {
		server.closeAllConnections();
		server.close();
	}
});

async function serve(listener: RequestListener): Promise<number> {
	const server = createServer(listener);
	servers.push(server);
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	return (server.address() as AddressInfo).port;
}

type Seen = { failure: unknown; path: string | undefined };

/** A panel's port before an engine's, and what came of the last exchange. */
async function before(enginePort: number, idleMs = 60_000): Promise<{ port: number; seen: Seen }> {
	const seen: Seen = { failure: null, path: undefined };
	const port = await serve((incoming, response) => {
		const { method = 'GET', headers } = incoming;
		const length = headers['content-length'];
		const engine = { port: enginePort, method, path: '/b/k', idleMs };
		askEngine(incoming, response, { ...engine, headers: length ? { 'content-length': length } : {} })
			.then((answer) => passOn(answer, response, { 'content-length': answer.headers['content-length'] }))
			.catch((error: unknown) => {
				seen.failure = error;
				response.writeHead(502).end();
			});
	});
	return { port, seen };
}

describe('an exchange with an engine', () => {
	it('is held back by a reader that takes nothing', async () => {
		let written = 0;
		const engine = await serve((_incoming, response) => {
			response.writeHead(200, { 'content-length': 1024 ** 3 });
			const piece = Buffer.alloc(64 * 1024);
			const write = () => {
				while (written < 1024 ** 3 && response.write(piece)) written += piece.length;
				if (written < 1024 ** 3) response.once('drain', write);
			};
			write();
		});
		const { port } = await before(engine);
		const client = connect(port, '127.0.0.1').pause();
		client.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
		await new Promise((resolve) => setTimeout(resolve, 500));
		const held = written;
		await new Promise((resolve) => setTimeout(resolve, 300));
		expect(written).toBe(held);
		// What lies in the buffers of three sockets, and no more.
		expect(written).toBeLessThan(32 * 1024 * 1024);
		client.destroy();
	});

	it('ends at the engine when its sender is gone in the middle', async () => {
		let end: string | undefined;
		const engine = await serve((incoming) => {
			incoming.resume();
			incoming.on('close', () => (end = incoming.complete ? 'whole' : 'cut off'));
		});
		const { port, seen } = await before(engine);
		const client = connect(port, '127.0.0.1');
		client.write('PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nhalf');
		await new Promise((resolve) => setTimeout(resolve, 200));
		client.destroy();
		await expect.poll(() => end).toBe('cut off');
		await expect.poll(() => isAppError(seen.failure, 'ENGINE_UNREACHABLE')).toBe(true);
	});

	it.each([
		['a reader', 'GET / HTTP/1.1\r\nHost: x\r\n\r\n'],
		['a sender', 'PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nhalf'],
	])('never begins for %s who left before the engine was asked', async (_who, head) => {
		let connections = 0;
		const engine = await serve((_incoming, response) => response.end());
		servers.at(-1)?.on('connection', () => (connections += 1));
		let failure: unknown;
		let hasBegun = false;
		const port = await serve((incoming, response) => {
			hasBegun = true;
			response.once('close', () => {
				const asked = { port: engine, method: incoming.method ?? '', path: '/b/k', headers: {} };
				askEngine(incoming, response, asked).catch((error: unknown) => (failure = error));
			});
		});
		const client = connect(port, '127.0.0.1');
		client.write(head);
		await expect.poll(() => hasBegun).toBe(true);
		client.destroy();
		await expect.poll(() => isAppError(failure, 'OPERATION_INTERRUPTED')).toBe(true);
		expect(connections).toBe(0);
	});

	it('ends for the reader when the engine is gone in the middle', async () => {
		const engine = await serve((_incoming, response) => {
			response.writeHead(200, { 'content-length': 1_000 }).write('half');
			setTimeout(() => response.destroy(), 50);
		});
		const { port } = await before(engine);
		const ended = new Promise<string>((resolve) => {
			const asking = request({ port, host: '127.0.0.1' }, (incoming) => {
				incoming.resume();
				incoming.on('end', () => resolve('whole'));
				incoming.on('error', () => resolve('cut off'));
			});
			asking.end();
		});
		expect(await ended).toBe('cut off');
	});

	it('ends when nothing moves', async () => {
		const engine = await serve(() => {});
		const { port, seen } = await before(engine, 200);
		const client = connect(port, '127.0.0.1');
		client.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
		await new Promise((resolve) => client.once('close', resolve));
		expect(isAppError(seen.failure, 'ENGINE_UNREACHABLE')).toBe(true);
	});

	it('is no exchange when nobody listens', async () => {
		const { port, seen } = await before(1);
		const response = await fetch(`http://127.0.0.1:${port}/`);
		expect(response.status).toBe(502);
		expect(isAppError(seen.failure, 'ENGINE_UNREACHABLE')).toBe(true);
	});

	it('brings the head alone of what is unchanged', async () => {
		const engine = await serve((_incoming, response) => {
			response.writeHead(416, { 'content-length': 5 }).end('<xml>');
		});
		const { port } = await before(engine);
		const response = await fetch(`http://127.0.0.1:${port}/`);
		expect([response.status, await response.text()]).toEqual([416, '']);
	});
});

it('reads which refusal it is, and no more than a little of it', async () => {
	const xml = '<Error><Code>AccessDenied</Code><Message>Bucket size quota is reached</Message></Error>';
	const engine = await serve((_incoming, response) =>
		response.writeHead(403).end(xml + ' '.repeat(5_000_000)),
	);
	const answers: unknown[] = [];
	const port = await serve((incoming, response) => {
		void askEngine(incoming, response, { port: engine, method: 'GET', path: '/', headers: {} })
			.then(readRefusal)
			.then((refusal) => {
				answers.push(refusal);
				response.end();
			});
	});
	await fetch(`http://127.0.0.1:${port}/`);
	expect(answers).toEqual([{ name: 'AccessDenied', message: 'Bucket size quota is reached' }]);
});
