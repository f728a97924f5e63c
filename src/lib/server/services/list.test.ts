import { createServer, type Server } from 'node:http';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { buildApp, type App } from '../app';
import { LABEL } from '../docker';
import { loadEnv } from '../env';
import { createLogger, Redactor } from '../log';
import { seedPeople, seedServices } from '../testing/surface-seed';
import { listProjectServices } from './repository';

let folder: string;
let app: App;
let docker: Server;
let asked: string[];
let containers: object[];

beforeEach(async () => {
	folder = mkdtempSync(join(tmpdir(), 'sh0-list-'));
	[asked, containers] = [[], []];
	docker = createServer((request, response) => {
		asked.push((request.url ?? '').split('?', 1)[0] ?? '');
		response.setHeader('content-type', 'application/json').end(JSON.stringify(containers));
	});
	const dockerSocket = join(folder, 'docker.sock');
	await new Promise<void>((resolve) => docker.listen(dockerSocket, resolve));
	const log = createLogger({ level: 'error', redactor: new Redactor() });
	app = buildApp({ ...loadEnv({}), dataDir: folder, dockerSocket }, { log });
});
afterEach(async () => {
	await app.stop();
	docker.closeAllConnections();
	docker.close();
	rmSync(folder, { recursive: true, force: true });
});

it('a list of 50 servers is one call to Docker, however many run', async () => {
	const { projectId } = seedPeople(app.db);
	seedServices(app.db, projectId, 50);
	containers = listProjectServices(app.db, projectId).map(({ service: { id } }) => ({
		...{ Id: id, Names: [`/${id}`], ImageID: 'i', Image: 'i', State: 'running', Status: 'Up', Ports: [] },
		Labels: { [LABEL.service]: id, [LABEL.instance]: app.instance.instanceId },
	}));
	const items = await app.reader.list(projectId, { history: true });
	expect(items).toHaveLength(50);
	// What Docker answered has reached each of them: they are to be stopped and run.
	expect(new Set(items.map(({ status }) => status))).not.toEqual(new Set(['stopped']));
	expect(asked.map((path) => path.replace(/^\/v[\d.]+/, ''))).toEqual(['/containers/json']);
});
