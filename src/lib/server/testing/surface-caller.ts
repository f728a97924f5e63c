import superjson from 'superjson';
import { WebSocket } from 'ws';
import { z } from 'zod';

export type Caller = { cookie?: string; bearer?: string };
export type Answer = { status: number; appCode: string | null; body: string };
export type ProcedureType = 'query' | 'mutation' | 'subscription';

const errorSchema = z.object({
	error: z.object({ json: z.object({ data: z.object({ appCode: z.string() }) }) }),
});
const socketSchema = z.looseObject({ error: z.unknown().optional() });

/** Calls one procedure through real HTTP (a subscription through a real WebSocket) and answers what the caller saw. */
export function call(
	url: string,
	path: string,
	type: ProcedureType,
	input: unknown,
	caller: Caller,
): Promise<Answer> {
	return type === 'subscription'
		? subscribe(url, path, input, caller)
		: request(url, path, type, input, caller);
}

function headersOf(url: string, caller: Caller): Record<string, string> {
	return {
		origin: url,
		...(caller.cookie ? { cookie: caller.cookie } : {}),
		...(caller.bearer ? { authorization: `Bearer ${caller.bearer}` } : {}),
	};
}

async function request(
	url: string,
	path: string,
	type: 'query' | 'mutation',
	input: unknown,
	caller: Caller,
): Promise<Answer> {
	const text = JSON.stringify(superjson.serialize(input));
	const address = new URL(`${url}/trpc/${path}`);
	if (type === 'query') address.searchParams.set('input', text);
	const headers = headersOf(url, caller);
	const response = await fetchOnFreshSocket(address, {
		method: type === 'query' ? 'GET' : 'POST',
		headers: type === 'query' ? headers : { ...headers, 'content-type': 'application/json' },
		...(type === 'query' ? {} : { body: text }),
		signal: AbortSignal.timeout(60_000),
	});
	const body = await response.text();
	return { status: response.status, appCode: appCodeIn(body), body };
}

/** On a slow machine the server may have closed the kept-alive socket just now: then nothing was asked yet. */
async function fetchOnFreshSocket(address: URL, options: RequestInit): Promise<Response> {
	try {
		return await fetch(address, options);
	} catch (error) {
		if (options.signal?.aborted) throw error;
		return fetch(address, options);
	}
}

function appCodeIn(body: string): string | null {
	const parsed = errorSchema.safeParse(safeJson(body));
	return parsed.success ? parsed.data.error.json.data.appCode : null;
}

function safeJson(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return null;
	}
}

/** The first message decides: an error, or anything else as success. */
function subscribe(url: string, path: string, input: unknown, caller: Caller): Promise<Answer> {
	const { origin, ...headers } = headersOf(url, caller);
	return new Promise((resolve, reject) => {
		const socket = new WebSocket(`${url.replace('http', 'ws')}/trpc`, {
			headers,
			...(origin ? { origin } : {}),
		});
		const timer = setTimeout(() => done(new Error(`no answer to ${path}`)), 60_000);
		function done(result: Answer | Error) {
			clearTimeout(timer);
			socket.terminate();
			if (result instanceof Error) reject(result);
			else resolve(result);
		}
		socket.on('error', done);
		socket.on('unexpected-response', (_request, response) =>
			done({
				status: response.statusCode ?? 0,
				appCode: response.statusCode === 401 ? 'NOT_SIGNED_IN' : null,
				body: '',
			}),
		);
		socket.on('open', () =>
			socket.send(
				JSON.stringify({
					id: 1,
					method: 'subscription',
					params: { path, input: superjson.serialize(input) },
				}),
			),
		);
		socket.on('message', (data) => {
			const body = String(data);
			const message = socketSchema.parse(JSON.parse(body));
			done({ status: message.error ? 400 : 200, appCode: appCodeIn(body), body });
		});
	});
}
