import type { RequestListener } from 'node:http';
import { expect, it, onTestFinished } from 'vitest';
import { isAppError } from '../../errors';
import { answering } from '../../testing/http-server';
import { HttpConnections, type HttpOptions } from './http';

async function serve(listener: RequestListener, options: HttpOptions = {}): Promise<HttpConnections> {
	const connections = new HttpConnections({ host: '127.0.0.1', port: await answering(listener) }, options);
	onTestFinished(() => connections.close());
	return connections;
}

async function codeOf(attempt: Promise<unknown>): Promise<string> {
	try {
		await attempt;
		return 'ok';
	} catch (error) {
		return isAppError(error) ? error.code : String(error);
	}
}

it('gives the whole answer, whatever its status', async () => {
	const http = await serve((incoming, outgoing) => {
		outgoing.statusCode = 409;
		incoming.pipe(outgoing);
	});
	const reply = await http.send({ method: 'POST', path: '/', body: Buffer.from('é'.repeat(100_000)) });
	expect(reply).toMatchObject({ status: 409 });
	expect(reply.body.toString()).toBe('é'.repeat(100_000));
});

it('keeps to its number of connections', async () => {
	let now = 0;
	let most = 0;
	const http = await serve(
		(_incoming, outgoing) => {
			now += 1;
			most = Math.max(most, now);
			setTimeout(() => {
				now -= 1;
				outgoing.end();
			}, 20);
		},
		{ most: 2 },
	);
	await Promise.all(Array.from({ length: 8 }, () => http.send({ method: 'GET', path: '/' })));
	expect(most).toBe(2);
});

it('gives up an answer that does not come, or does not end', async () => {
	const silent = await serve(() => undefined, { limitMs: 100 });
	expect(await codeOf(silent.send({ method: 'GET', path: '/' }))).toBe('ENGINE_UNREACHABLE');
	const endless = await serve((_incoming, outgoing) => void outgoing.write('x'), { limitMs: 100 });
	expect(await codeOf(endless.send({ method: 'GET', path: '/' }))).toBe('ENGINE_UNREACHABLE');
});

it('gives up an answer that is too long, or cut off', async () => {
	const long = await serve((_incoming, outgoing) => void outgoing.end('x'.repeat(2_000)), {
		maxReplyBytes: 1_000,
	});
	expect(await codeOf(long.send({ method: 'GET', path: '/' }))).toBe('ENGINE_UNREACHABLE');
	const cut = await serve((_incoming, outgoing) => {
		outgoing.write('x', () => outgoing.destroy());
	});
	expect(await codeOf(cut.send({ method: 'GET', path: '/' }))).toBe('ENGINE_UNREACHABLE');
});

it('ends with the signal, and says so by its reason', async () => {
	const http = await serve(() => undefined);
	const controller = new AbortController();
	const answer = codeOf(http.send({ method: 'GET', path: '/', signal: controller.signal }));
	controller.abort(new Error('enough'));
	expect(await answer).toBe('Error: enough');
});

it('asks again over a new connection when the kept one was closed meanwhile, but changes nothing twice', async () => {
	const seen: string[] = [];
	const http = await serve((incoming, outgoing) => {
		seen.push(incoming.method ?? '');
		if (seen.length % 2 === 0) incoming.socket.resetAndDestroy();
		else outgoing.end();
	});
	await http.send({ method: 'GET', path: '/' });
	expect((await http.send({ method: 'GET', path: '/' })).status).toBe(200);
	expect(await codeOf(http.send({ method: 'POST', path: '/' }))).toBe('ENGINE_UNREACHABLE');
	expect(seen).toEqual(['GET', 'GET', 'GET', 'POST']);
});
