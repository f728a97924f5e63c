import {
	request as httpRequest,
	type IncomingMessage,
	type OutgoingHttpHeaders,
	type ServerResponse,
} from 'node:http';
import { AppError } from '../../errors';

/** Nobody keeps a connection in which nothing moves for longer. */
const IDLE_MS = 60_000;
const WATCH_EVERY_MS = 15_000;
/** What is read of an engine's refusal, to say which one it is. */
const MAX_REFUSAL_BYTES = 64 * 1024;
/** What of a body is still taken after the answer, so that its sender reads it instead of a broken connection. */
const DRAINED_BYTES = { member: 64 * 1024 * 1024, stranger: 1024 * 1024 };

export type Engine = {
	port: number;
	method: string;
	path: string;
	headers: OutgoingHttpHeaders;
	/** For tests. Default: a minute. */
	idleMs?: number;
};

/** The engine's answer, before its body is read. */
export type EngineAnswer = { status: number; headers: IncomingMessage['headers']; body: IncomingMessage };

/**
 * Asks the engine, with our request's body when it has one, piece by piece as fast as the slower side. Ends both when either side is gone
 * or nothing moves for a minute. Throws ENGINE_UNREACHABLE when there is no answer, and OPERATION_INTERRUPTED, without a call to the engine,
 * when ours is gone already.
 */
export function askEngine(
	request: IncomingMessage,
	response: ServerResponse,
	{ port, method, path, headers, idleMs = IDLE_MS }: Engine,
): Promise<EngineAnswer> {
	return new Promise((resolve, reject) => {
		// 'close' comes only once: whoever left before would never be noticed below.
		if (isGone(request, response)) return reject(new AppError('OPERATION_INTERRUPTED'));
		// A connection of its own: one that was kept could be closed just when it is taken, and a body cannot be sent twice.
		const outgoing = httpRequest({ host: '127.0.0.1', port, method, path, headers, agent: false });
		const fail = (cause: unknown) => {
			request.unpipe(outgoing);
			outgoing.destroy();
			reject(new AppError('ENGINE_UNREACHABLE', { cause }));
		};
		outgoing.on('error', fail);
		outgoing.on('response', (body) => {
			body.on('error', () => response.destroy());
			body.on('close', () => body.complete || response.destroy());
			resolve({ status: body.statusCode ?? 502, headers: body.headers, body });
		});
		// The sender is gone: without the rest the engine keeps nothing of it.
		request.on('close', () => request.complete || outgoing.destroy());
		response.on('close', () => outgoing.destroy());
		endWhenIdle(outgoing, request, { idleMs });
		if (method === 'PUT') request.pipe(outgoing);
		else outgoing.end();
	});
}

function isGone(request: IncomingMessage, response: ServerResponse): boolean {
	return response.destroyed || (request.destroyed && !request.complete);
}

/** Passes an answer on: its body when it brings the object, else (unchanged, no such range) its head alone. */
export function passOn(
	{ status, body }: EngineAnswer,
	response: ServerResponse,
	headers: OutgoingHttpHeaders,
): void {
	if (status === 200 || status === 206) {
		response.writeHead(status, headers);
		body.pipe(response);
		return;
	}
	const { 'content-length': _length, ...head } = headers;
	response.writeHead(status, head).end();
	body.resume();
}

/** The code and the text of an engine's refusal. */
export async function readRefusal({ body }: EngineAnswer): Promise<{ name: string; message: string }> {
	const chunks: Buffer[] = [];
	let size = 0;
	for await (const chunk of body) {
		const bytes = Buffer.from(chunk);
		size += bytes.length;
		if (size > MAX_REFUSAL_BYTES) break;
		chunks.push(bytes);
	}
	const text = Buffer.concat(chunks).toString('utf8');
	return {
		name: /<Code>([^<]*)<\/Code>/.exec(text)?.[1] ?? '',
		message: /<Message>([^<]*)<\/Message>/.exec(text)?.[1] ?? '',
	};
}

/** True for a request that says it has a body. */
export function hasBody({ headers }: IncomingMessage): boolean {
	return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) !== 0;
}

/** Takes the rest of a body that nobody wants, up to a bound, so that its sender gets to read the answer. */
export function drain(request: IncomingMessage, sender: keyof typeof DRAINED_BYTES): void {
	if (request.complete || request.destroyed) return;
	let size = 0;
	request.unpipe();
	request.on('data', (chunk: Buffer) => {
		size += chunk.length;
		if (size > DRAINED_BYTES[sender]) request.destroy();
	});
	request.resume();
}

/** Ends the exchange once neither side has moved a byte for so long. */
function endWhenIdle(
	outgoing: ReturnType<typeof httpRequest>,
	{ socket }: IncomingMessage,
	{ idleMs }: { idleMs: number },
): void {
	let seen = -1;
	let movedAt = Date.now();
	const timer = setInterval(
		() => {
			const engine = outgoing.socket;
			const moved =
				socket.bytesRead + socket.bytesWritten + (engine?.bytesRead ?? 0) + (engine?.bytesWritten ?? 0);
			if (moved !== seen) {
				seen = moved;
				movedAt = Date.now();
			} else if (Date.now() - movedAt >= idleMs) {
				outgoing.destroy(new Error('nothing moved'));
				socket.destroy();
			}
		},
		Math.min(WATCH_EVERY_MS, idleMs / 4),
	).unref();
	outgoing.once('close', () => clearInterval(timer));
}
