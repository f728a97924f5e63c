import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { projects } from '../db/schema';
import { openTestDatabase } from '../db/testing';
import { dockerNames } from '../docker';
import { newId } from '../ids';
import { insertOperation, updateOperation } from '../operations/repository';
import { insertService, updateService, type ServiceRow } from './repository';
import { SupersededImages } from './superseded-images';

const DAY_MS = 24 * 60 * 60 * 1_000;
const names = dockerNames('00ff00ff');
const log = { debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error: vi.fn() };

let database: ReturnType<typeof openTestDatabase>;
let projectId: string;

beforeEach(() => {
	database = openTestDatabase();
	projectId = newId('project');
	const createdAt = new Date();
	database.db.insert(projects).values({ id: projectId, name: 'shop', networkIndex: 0, createdAt }).run();
});
afterEach(() => database.remove());

function service(imageRef: string, values: Partial<ServiceRow> = {}): string {
	const id = newId('service');
	insertService(database.db, {
		...{ id, projectId, kind: 'database', engine: 'valkey', version: '8', name: imageRef, imageRef },
		...{ memoryBytes: 1000, desiredState: 'running', phase: 'ready', createdAt: new Date(), ...values },
	});
	return id;
}

/** An upgrade of a service, from that image, so many days ago. */
function upgrade(status: 'running' | 'succeeded' | 'failed', imageRef: string, { daysAgo = 0 } = {}) {
	const id = newId('operation');
	const serviceId = service(`now-after-${imageRef}`, { dataVolume: null });
	const input = { imageRef, imageDigest: null, imageOrigin: 'built', dataVolume: null };
	insertOperation(database.db, {
		...{ id, projectId, serviceId, serviceName: 'cache', kind: 'service.upgrade', input },
		...{ actor: 'system', auditIntentSeq: null, stepKeys: [] },
	});
	const at = new Date(Date.now() - daysAgo * DAY_MS);
	updateOperation(database.db, id, { status, createdAt: at, finishedAt: status === 'running' ? null : at });
	return { id, serviceId };
}

function house() {
	const removeSuperseded = vi.fn((_kept: ReadonlySet<string>) => Promise.resolve<string[]>([]));
	const images = new SupersededImages({ db: database.db, names, images: { removeSuperseded }, log });
	return { images, removeSuperseded };
}

it('keeps the images of all services, in the trash too, and of those on their way to another or back', async () => {
	service('runs');
	service('trashed', { phase: 'trashed' });
	upgrade('running', 'under-way');
	upgrade('failed', 'failed');
	upgrade('succeeded', 'plain');
	for (const [imageRef, daysAgo] of [
		['recent', 1],
		['long-ago', 4],
	] as const) {
		const { id, serviceId } = upgrade('succeeded', imageRef, { daysAgo });
		updateService(database.db, serviceId, { dataVolume: names.copyVolume(serviceId, id) });
	}
	const { images, removeSuperseded } = house();
	await images.clear();
	const kept = removeSuperseded.mock.calls[0]?.[0];
	expect([...(kept ?? [])].filter((ref) => !ref.startsWith('now-after-')).sort()).toEqual(
		['failed', 'recent', 'runs', 'trashed', 'under-way'].sort(),
	);
});

it('looks once an hour, and takes no failure for more than that', async () => {
	const { images, removeSuperseded } = house();
	removeSuperseded.mockRejectedValueOnce(new Error('no way'));
	await images.clear();
	await images.clear();
	expect(removeSuperseded).toHaveBeenCalledTimes(1);
	expect(log.warn).toHaveBeenCalled();
});
