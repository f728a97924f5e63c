import { WebSocketServer } from 'ws';
import {
	appSymbol,
	createUpgradeHandler,
	keepAlive,
	openDoor,
	placeSymbol,
	takeByteWay,
	webSocketOptions,
	webSocketServerSymbol,
} from '../src/lib/server/http/door.js';

/**
 * The dev server's twin of what server.js does: the same headers, the same WebSocket door (vite's own socket is left alone), and the
 * setup link once the app runs.
 * @returns {import('vite').Plugin}
 */
export function webSocketDoor() {
	return {
		name: 'sh0-websocket-door',
		apply: 'serve',
		configureServer({ httpServer, middlewares }) {
			// Vitest makes a server without a socket.
			if (!httpServer) return;
			/** @type {import('../src/lib/server/http/origin.js').Place} */
			const place = { origin: process.env.ORIGIN || null, port: 0 };
			const wss = new WebSocketServer(webSocketOptions);
			Object.assign(globalThis, { [webSocketServerSymbol]: wss, [placeSymbol]: place });
			keepAlive(wss);
			httpServer.on('upgrade', createUpgradeHandler({ wss, place, others: 'leave' }));
			httpServer.once('listening', () => {
				const address = httpServer.address();
				if (typeof address !== 'object' || address === null) return;
				place.port = address.port;
				void announce(address);
			});
			middlewares.use((request, response, next) => {
				if (openDoor(request, response, place) && !takeByteWay(request, response)) next();
			});
		},
	};
}

/**
 * The app is built by the first request: this one.
 * @param {import('node:net').AddressInfo} address
 */
async function announce({ address, family, port }) {
	const url = `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
	const response = await fetch(`${url}/login`, { redirect: 'manual' }).catch(() => null);
	const app = /** @type {import('../src/lib/server/app.js').App | undefined} */ (
		Reflect.get(globalThis, appSymbol)
	);
	const token = response && app?.auth.issueSetupToken();
	if (token) console.log(`Make the first account here (once): ${url}/setup?token=${token.reveal()}`);
}
