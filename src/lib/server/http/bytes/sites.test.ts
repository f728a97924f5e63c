import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { buildApp, type App } from '../../app';
import { loadEnv } from '../../env';
import { createLogger, Redactor } from '../../log';
import { byteWaysSymbol, placeSymbol, takeByteWay } from '../door.js';
import { createByteWays } from '.';

/** What visitors get of a bucket that is a website. */
const site = `/s3/svc_${'a'.repeat(20)}/shop`;
let dataDir: string;
let app: App;
let panel: Server;
let engine: Server;
let status = 200;

const portOf = (server: Server) => (server.address() as AddressInfo).port;
const listening = async (handler: RequestListener) => {
	const server = createServer(handler);
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	return server;
};
const ask = (path: string) => fetch(`http://127.0.0.1:${portOf(panel)}${path}`, { redirect: 'manual' });

beforeAll(async () => {
	dataDir = mkdtempSync(join(tmpdir(), 'sh0-sites-'));
	app = buildApp(
		{ ...loadEnv({}), dataDir, dockerSocket: join(dataDir, 'none.sock') },
		{ log: createLogger({ level: 'error', redactor: new Redactor(), write: () => {} }) },
	);
	engine = await listening((_request, response) => response.writeHead(status).end('<p>hello'));
	vi.spyOn(app.objectBytes, 'link').mockImplementation(() =>
		Promise.resolve({ port: portOf(engine), path: '/', headers: {} }),
	);
	panel = await listening((request, response) => takeByteWay(request, response));
	Object.assign(globalThis, {
		[byteWaysSymbol]: createByteWays(app),
		[placeSymbol]: { origin: null, port: portOf(panel) },
	});
});
afterAll(async () => {
	Reflect.deleteProperty(globalThis, byteWaysSymbol);
	Reflect.deleteProperty(globalThis, placeSymbol);
	for (const server of [panel, engine]) {
		server.closeAllConnections();
		server.close();
	}
	await app.stop();
	rmSync(dataDir, { recursive: true });
});

it('leads to the slash that names in the start page are read against', async () => {
	status = 200;
	for (const path of [site, `${site}?x=1`]) {
		const { status: answered, headers } = await ask(path);
		expect([answered, headers.get('location')]).toEqual([302, `${site}/`]);
	}
	const start = await ask(`${site}/`);
	expect([start.status, await start.text()]).toEqual([200, '<p>hello']);
});

it('leads nowhere when there is no start page', async () => {
	status = 404;
	const gone = await ask(`${site}/`);
	const other = await ask(site);
	expect([gone.status, other.status]).toEqual([404, 404]);
	expect(await other.text()).toBe(await gone.text());
});

it('lets its pages load pictures of that bucket alone', async () => {
	status = 200;
	const { headers } = await ask(`${site}/about.html`);
	const bucket = `http://127.0.0.1:${portOf(panel)}${site}/`;
	expect(headers.get('content-security-policy')).toContain(`img-src ${bucket} data:;`);
	expect(headers.get('content-security-policy')).toMatch(/sandbox$/);
});
