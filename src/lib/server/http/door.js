// Plain JavaScript: what stands before SvelteKit in server.js and, as vite's plugin, in the dev server.
import { BoundedSocket } from './bounded-socket.js';
import { isOriginAllowed, ownOrigin } from './origin.js';

/** The process's one place (see origin.js), for the guard inside the bundle. */
export const placeSymbol = Symbol.for('sh0.place');
/** The running App, for server.js. */
export const appSymbol = Symbol.for('sh0.app');
/** Says whether a WebSocket's credentials are worth anything; see `judgeSocket` inside the bundle. */
export const judgeSocketSymbol = Symbol.for('sh0.judgeSocket');
/** Answers the ways of bytes, which go past SvelteKit; see `createByteWays` inside the bundle. */
export const byteWaysSymbol = Symbol.for('sh0.byteWays');
/** Where trpc-sveltekit looks the WebSocket server up. */
export const webSocketServerSymbol = Symbol.for('trpc.sveltekit.wss');

const maxSockets = 500;
const handshakeWithinMs = 5_000;
/** Of a body that is wanted, and of what is left of one once its request is answered. */
const bodyLimits = { bodyMs: 30_000, restMs: 10_000 };

/** Options of the `ws` server behind the door. */
export const webSocketOptions = { noServer: true, maxPayload: 64 * 1024, WebSocket: BoundedSocket };

const refusals = {
	400: 'Bad Request',
	401: 'Unauthorized',
	403: 'Forbidden',
	404: 'Not Found',
	429: 'Too Many Requests',
	503: 'Service Unavailable',
};

/**
 * Headers of every answer, static files and errors included. Pages get a Content-Security-Policy of their own from SvelteKit, which
 * takes this one's place.
 * @param {import('./origin.js').Place} place
 * @returns {Record<string, string>}
 */
function baseHeaders(place) {
	return {
		'content-security-policy':
			"default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
		'x-content-type-options': 'nosniff',
		'x-frame-options': 'DENY',
		'referrer-policy': 'same-origin',
		'permissions-policy':
			'camera=(), microphone=(), geolocation=(), payment=(), usb=(), serial=(), clipboard-write=(self)',
		'cross-origin-opener-policy': 'same-origin',
		'cross-origin-resource-policy': 'same-origin',
		...(place.origin?.startsWith('https:') ? { 'strict-transport-security': 'max-age=31536000' } : {}),
	};
}

/**
 * Readies a request for SvelteKit. False when it was answered here already.
 * @param {import('node:http').IncomingMessage} request
 * @param {import('node:http').ServerResponse} response
 * @param {import('./origin.js').Place} place
 */
export function openDoor(request, response, place) {
	for (const [name, value] of Object.entries(baseHeaders(place))) response.setHeader(name, value);
	// Whatever a client says of it: without ORIGIN the panel itself speaks plain http.
	request.headers['x-sh0-protocol'] = 'http';
	if (request.url?.startsWith('/')) return true;
	response.writeHead(400, { 'content-type': 'text/plain' }).end(refusals[400]);
	return false;
}

/**
 * True when the request is for the bytes of an object: then it is dealt with, and what of its body is not there soon after the answer is
 * not waited for. Any other must have arrived in whole within half a minute, which Node cannot be told for some requests alone.
 * @param {import('node:http').IncomingMessage} request
 * @param {import('node:http').ServerResponse} response
 * @param {{ bodyMs: number, restMs: number }} limits
 */
export function takeByteWay(request, response, { bodyMs, restMs } = bodyLimits) {
	/** @type {((request: import('node:http').IncomingMessage, response: import('node:http').ServerResponse) => boolean) | undefined} */
	const byteWays = Reflect.get(globalThis, byteWaysSymbol);
	if (byteWays?.(request, response)) {
		response.once('finish', () => cutUnlessWhole(request, restMs));
		return true;
	}
	cutUnlessWhole(request, bodyMs);
	return false;
}

/**
 * Hangs up unless the request has arrived in whole by then.
 * @param {import('node:http').IncomingMessage} request
 * @param {number} limitMs
 */
function cutUnlessWhole(request, limitMs) {
	if (request.complete || request.destroyed) return;
	const impatience = setTimeout(() => request.complete || request.socket.destroy(), limitMs).unref();
	request.once('close', () => clearTimeout(impatience));
}

/**
 * Lets WebSockets in at /trpc: from our own pages with a cookie, or from scripts with a token. `others` decides what happens on other
 * paths: closed, or left to somebody else (vite's own socket).
 * @param {{ wss: import('ws').WebSocketServer, place: import('./origin.js').Place, others: 'close' | 'leave' }} options
 */
export function createUpgradeHandler({ wss, place, others }) {
	/**
	 * @param {import('node:http').IncomingMessage} request
	 * @param {import('node:stream').Duplex} socket
	 * @param {Buffer} head
	 */
	return (request, socket, head) => {
		if ((request.url ?? '').split('?')[0] !== '/trpc') {
			if (others === 'close') refuse(socket, 404);
			return;
		}
		const impatience = destroyAfter(socket, handshakeWithinMs);
		socket.on('error', () => socket.destroy());
		const isCrowded = wss.clients.size >= maxSockets;
		void judgeUpgrade(request, place, isCrowded).then((status) => {
			if (status !== null) return refuse(socket, status);
			if (socket.destroyed) return;
			wss.handleUpgrade(request, socket, head, (client) => {
				clearTimeout(impatience);
				wss.emit('connection', client, request);
			});
		});
	};
}

/**
 * Before the handshake, not after it: tRPC's client waits longer each time it is not let in, but comes back at once when it was.
 * @param {import('node:http').IncomingMessage} request
 * @param {import('./origin.js').Place} place
 * @param {boolean} isCrowded
 * @returns {Promise<keyof typeof refusals | null>}
 */
async function judgeUpgrade(request, place, isCrowded) {
	const { host, origin, cookie, authorization } = request.headers;
	const own = ownOrigin(host, place);
	const hasCookie = cookie !== undefined;
	if (own === null || !isOriginAllowed({ origin, own, hasCookie })) return 403;
	if (!hasCookie && authorization === undefined) return 401;
	if (isCrowded) return 503;
	/** @type {((request: import('node:http').IncomingMessage) => Promise<401 | 429 | null>) | undefined} */
	const judgeSocket = Reflect.get(globalThis, judgeSocketSymbol);
	try {
		return judgeSocket ? await judgeSocket(request) : 503;
	} catch {
		return 503;
	}
}

/**
 * Node's own time limits end with the request's head, so whoever asks for an upgrade would keep the socket for ever.
 * @param {import('node:stream').Duplex} socket
 * @param {number} limitMs
 * @returns {NodeJS.Timeout}
 */
function destroyAfter(socket, limitMs) {
	const timer = setTimeout(() => socket.destroy(), limitMs).unref();
	socket.once('close', () => clearTimeout(timer));
	return timer;
}

/**
 * Answers and hangs up: ending our half alone would leave the other one, and the descriptor, to the client.
 * @param {import('node:stream').Duplex} socket
 * @param {keyof typeof refusals} status
 */
function refuse(socket, status) {
	destroyAfter(socket, handshakeWithinMs);
	socket.on('error', () => socket.destroy());
	const answer = `HTTP/1.1 ${status} ${refusals[status]}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`;
	socket.end(answer, () => socket.destroy());
}

/**
 * Notices peers that vanished without a goodbye: who has not answered the last ping is cut.
 * @param {import('ws').WebSocketServer} wss
 * @param {number} everyMs
 * @returns {NodeJS.Timeout}
 */
export function keepAlive(wss, everyMs = 30_000) {
	/** @type {WeakSet<import('ws').WebSocket>} */
	const silent = new WeakSet();
	return setInterval(() => {
		for (const client of wss.clients) {
			if (silent.has(client)) {
				client.terminate();
				continue;
			}
			silent.add(client);
			client.once('pong', () => silent.delete(client));
			client.ping();
		}
	}, everyMs).unref();
}
