import { request as httpRequest, type IncomingHttpHeaders, type OutgoingHttpHeaders } from 'node:http';
import { WebSocket } from 'ws';
import type { Panel } from '../../../../e2e/panel';

export type RawAnswer = { status: number; headers: IncomingHttpHeaders; body: string };
type RawRequest = {
	method?: string;
	headers?: OutgoingHttpHeaders;
	body?: string;
	/** Sent in pieces, without a length. */
	isChunked?: boolean;
};

/** For tests: one request with exactly these headers, as fetch does not let one send it. */
export function send(url: string, path: string, wanted: RawRequest = {}): Promise<RawAnswer> {
	const { hostname, port } = new URL(url);
	const { method = 'GET', headers = {}, body, isChunked = false } = wanted;
	const length = body === undefined || isChunked ? {} : { 'content-length': Buffer.byteLength(body) };
	return new Promise((resolve, reject) => {
		const options = { hostname, port, path, method, headers: { ...length, ...headers }, agent: false };
		const outgoing = httpRequest(options, (response) => {
			const chunks: Buffer[] = [];
			response.on('data', (chunk: Buffer) => chunks.push(chunk));
			response.on('end', () =>
				resolve({
					status: response.statusCode ?? 0,
					headers: response.headers,
					body: Buffer.concat(chunks).toString(),
				}),
			);
		});
		outgoing.on('error', reject);
		outgoing.end(body);
	});
}

/** A mutation as our own pages send it, unless `headers` says otherwise. */
export function mutate(
	url: string,
	path: string,
	input: unknown,
	headers: OutgoingHttpHeaders = {},
): Promise<RawAnswer> {
	return send(url, `/trpc/${path}`, {
		method: 'POST',
		headers: { origin: url, 'content-type': 'application/json', ...headers },
		body: JSON.stringify({ json: input }),
	});
}

/** The code of ours in an answer, or null. */
export function codeIn({ body }: RawAnswer): string | null {
	return /"appCode":"([A-Z_]+)"/.exec(body)?.[1] ?? null;
}

/** The cookies an answer sets, as the browser would send them back. */
export function cookiesOf({ headers }: RawAnswer): string {
	return (headers['set-cookie'] ?? []).map((cookie) => cookie.split(';')[0]).join('; ');
}

export const owner = { email: 'owner@example.org', password: 'violet-harbour-27' };

/** Uses the panel's setup link; answers the owner's cookies and project. */
export async function setUpOwner(panel: Panel): Promise<{ cookie: string; projectId: string }> {
	const token = new URL(panel.setupUrl ?? '').searchParams.get('token');
	const answer = await mutate(panel.url, 'auth.setup', { token, ...owner });
	if (answer.status !== 200) throw new Error(answer.body);
	const projectId = /"projectId":"([^"]+)"/.exec(answer.body)?.[1] ?? '';
	return { cookie: cookiesOf(answer), projectId };
}

export type SocketEnd = { kind: 'refused'; status: number } | { kind: 'closed'; code: number };

/** A WebSocket with exactly these headers; `opened` resolves to whether it was let in, `ended` when it is over. */
export function openSocket(url: string, path: string, headers: Record<string, string>) {
	const socket = new WebSocket(`${url.replace(/^http/, 'ws')}${path}`, { headers });
	const messages: string[] = [];
	let settleOpened: (isOpen: boolean) => void;
	let settleEnded: (end: SocketEnd) => void;
	const opened = new Promise<boolean>((resolve) => (settleOpened = resolve));
	const ended = new Promise<SocketEnd>((resolve) => (settleEnded = resolve));
	socket.on('open', () => settleOpened(true));
	socket.on('message', (data: Buffer) => messages.push(data.toString()));
	socket.on('unexpected-response', (request, response) => {
		settleOpened(false);
		settleEnded({ kind: 'refused', status: response.statusCode ?? 0 });
		request.destroy();
	});
	socket.on('error', () => settleOpened(false));
	socket.on('close', (code) => settleEnded({ kind: 'closed', code }));
	return { socket, messages, opened, ended };
}

/** Waits until `isTrue` holds. Throws after `limitMs`. */
export async function until(isTrue: () => boolean, limitMs = 10_000): Promise<void> {
	const deadline = Date.now() + limitMs;
	while (!isTrue()) {
		if (Date.now() > deadline) throw new Error(`did not happen within ${limitMs} ms`);
		await new Promise((resolve) => setTimeout(resolve, 20));
	}
}
