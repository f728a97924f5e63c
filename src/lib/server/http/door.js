// Plain JavaScript: what stands before SvelteKit in server.js and, as vite's plugin, in the dev server.
import { isOriginAllowed, ownOrigin } from './origin.js';

/** The process's one place (see origin.js), for the guard inside the bundle. */
export const placeSymbol = Symbol.for('sh0.place');
/** The running App, for server.js. */
export const appSymbol = Symbol.for('sh0.app');
/** Where trpc-sveltekit looks the WebSocket server up. */
export const webSocketServerSymbol = Symbol.for('trpc.sveltekit.wss');

const maxSockets = 500;

/** Options of the `ws` server behind the door. */
export const webSocketOptions = { noServer: true, maxPayload: 64 * 1024 };

const refusals = { 400: 'Bad Request', 401: 'Unauthorized', 403: 'Forbidden', 404: 'Not Found', 503: 'Busy' };

/**
 * Headers of every answer, static files and errors included. Pages get a Content-Security-Policy of their own from SvelteKit, which
 * takes this one's place.
 * @param {import('./origin.js').Place} place
 * @returns {Record<string, string>}
 */
export function baseHeaders(place) {
	return {
		'content-security-policy':
			"default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
		'x-content-type-options': 'nosniff',
		'x-frame-options': 'DENY',
		'referrer-policy': 'same-origin',
		'permissions-policy':
			'camera=(), microphone=(), geolocation=(), payment=(), usb=(), serial=(), bluetooth=(), clipboard-write=(self)',
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
		const status = judgeUpgrade(request, place, wss.clients.size);
		if (status !== null) return refuse(socket, status);
		wss.handleUpgrade(request, socket, head, (client) => wss.emit('connection', client, request));
	};
}

/**
 * @param {import('node:http').IncomingMessage} request
 * @param {import('./origin.js').Place} place
 * @param {number} openSockets
 * @returns {keyof typeof refusals | null}
 */
function judgeUpgrade({ headers }, place, openSockets) {
	const own = ownOrigin(headers.host, place);
	const hasCookie = headers.cookie !== undefined;
	if (own === null || !isOriginAllowed({ origin: headers.origin, own, hasCookie })) return 403;
	if (!hasCookie && headers.authorization === undefined) return 401;
	return openSockets >= maxSockets ? 503 : null;
}

/**
 * @param {import('node:stream').Duplex} socket
 * @param {keyof typeof refusals} status
 */
function refuse(socket, status) {
	socket.on('error', () => socket.destroy());
	socket.end(`HTTP/1.1 ${status} ${refusals[status]}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
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
