import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import { networkInterfaces } from 'node:os';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
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
} from './src/lib/server/http/door.js';
import { passInLargePieces } from './src/lib/server/http/pieces.js';
import { markRunning } from './scripts/setup/running.js';
import { stopInOrder } from './src/lib/server/http/stopping.js';

// Whatever the panel writes is for its own user alone.
process.umask(0o077);

passInLargePieces();

const stopWithinMs = 9_000;
const drainWithinMs = 5_000;
const socketsEndWithinMs = 2_000;

// What adapter-node reads. Without ORIGIN the page's address is http and the Host asked for, which the guard checks.
process.env.PROTOCOL_HEADER = 'x-sh0-protocol';
process.env.BODY_SIZE_LIMIT ??= '128K';
delete process.env.HOST_HEADER;
delete process.env.PORT_HEADER;
// Its lines on standard error are no JSON, as those of the log are. The SDK is pinned and works with Node 20.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';
if (process.env.ORIGIN?.trim() === '') delete process.env.ORIGIN;

const wss = new WebSocketServer(webSocketOptions);
/** @type {import('./src/lib/server/http/origin.js').Place} */
const place = { origin: null, port: 0 };
Object.assign(globalThis, { [webSocketServerSymbol]: wss, [placeSymbol]: place });

if (!existsSync(new URL('./build/handler.js', import.meta.url))) {
	fail('The panel is not built yet. Run `npm start`, or `npm run build` first.');
}
markRunning(fileURLToPath(new URL('./build', import.meta.url)));
const { handler } = await import('./build/handler.js').catch(fail);
const app = /** @type {import('./src/lib/server/app.js').App} */ (Reflect.get(globalThis, appSymbol));
const { host, port, origin } = app.env;

const server = createServer((request, response) => {
	if (openDoor(request, response, place) && !takeByteWay(request, response)) handler(request, response);
});
server.headersTimeout = 15_000;
// Longer than proxies and scripts keep a connection, so that none meets its end half-way.
server.keepAliveTimeout = 65_000;
// An upload takes as long as its line needs; `takeByteWay` holds all others to their time.
server.requestTimeout = 0;
server.on('upgrade', createUpgradeHandler({ wss, place, others: 'close' }));
server.on('error', fail);
server.listen(port, host, () => {
	const address = server.address();
	Object.assign(place, { origin, port: typeof address === 'object' && address ? address.port : port });
	const [main, ...more] = addresses();
	console.log(`sh0 is listening on ${[main, ...more].join(' and ')}`);
	const token = app.auth.issueSetupToken();
	if (token) console.log(`Make the first account here (once): ${main}/setup?token=${token.reveal()}`);
});
keepAlive(wss);

/** Every address a person can type, the best one first. @returns {string[]} */
function addresses() {
	if (origin !== null) return [origin];
	const isEverywhere = host === '0.0.0.0' || host === '::';
	const hosts = isEverywhere
		? ['localhost', ...publicAddresses()]
		: [host.includes(':') ? `[${host}]` : host];
	return hosts.map((name) => `http://${name}:${place.port}`);
}

function publicAddresses() {
	const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
	return all.filter(({ internal, family }) => !internal && family === 'IPv4').map(({ address }) => address);
}

/** @param {unknown} error @returns {never} */
function fail(error) {
	const isTaken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
	if (isTaken) console.error('The port is taken by another program. Choose another one with PORT.');
	else console.error(error instanceof Error ? error.message : error);
	process.exit(1);
}

let isStopping = false;
/** Lets requests end, then running steps, and cuts what is left after 9 s. A second signal cuts at once. */
async function stop() {
	if (isStopping) process.exit(0);
	isStopping = true;
	setTimeout(() => process.exit(0), stopWithinMs);
	setInterval(() => server.closeIdleConnections(), 100);
	const drained = new Promise((resolve) => server.close(resolve));
	for (const client of wss.clients) client.close(1001, 'the panel stops');
	setTimeout(() => wss.clients.forEach((client) => client.terminate()), socketsEndWithinMs);
	await stopInOrder({ drained, drainWithinMs, stopApp: () => app.stop() }).catch((error) =>
		app.log.error('process.stop_failed', { error }),
	);
	process.exit(0);
}
process.on('SIGTERM', stop);
process.on('SIGINT', stop);
process.on('unhandledRejection', (error) => app.log.error('process.unhandled_rejection', { error }));
process.on('uncaughtException', (error) => {
	app.log.error('process.uncaught_exception', { error });
	process.exit(1);
});
