import { createServer, type Server } from 'node:http';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { buildApp, type App } from '../app';
import { LABEL } from '../docker';
import { loadEnv } from '../env';
import { newId } from '../ids';
import { createLogger, Redactor } from '../log';
import { insertOperation, updateOperation } from '../operations/repository';
import { seedPeople, seedServices } from '../testing/surface-seed';
import { listProjectServices, updateService } from './repository';

const DAY_MS = 24 * 60 * 60_000;

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

it('a page of a server looks for what it had before an upgrade until its time is over', async () => {
	const { projectId } = seedPeople(app.db);
	seedServices(app.db, projectId, 1);
	const [serviceId = ''] = listProjectServices(app.db, projectId).map(({ service }) => service.id);
	const upgradeId = newId('operation');
	insertOperation(app.db, {
		...{ id: upgradeId, projectId, serviceId, serviceName: 'one', kind: 'service.upgrade' },
		input: { imageRef: null, imageDigest: null, imageOrigin: null, dataVolume: null },
		...{ actor: 'system', auditIntentSeq: null, stepKeys: ['ready'] },
	});
	const dataVolume = app.names.copyVolume(serviceId, upgradeId);
	updateService(app.db, serviceId, { dataVolume, phase: 'ready' });
	const looked = async (daysAgo: number) => {
		const finishedAt = new Date(Date.now() - daysAgo * DAY_MS);
		updateOperation(app.db, upgradeId, { status: 'succeeded', finishedAt });
		asked = [];
		await app.reader.get(serviceId);
		return asked.some((path) => path.endsWith(`/volumes/${app.names.volume(serviceId)}`));
	};
	expect(await looked(1)).toBe(true);
	expect(await looked(30)).toBe(false);
	updateService(app.db, serviceId, { phase: 'data_lost' });
	expect(await looked(30)).toBe(true);
});
