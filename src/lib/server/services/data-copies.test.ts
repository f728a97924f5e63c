import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { operations, projects } from '../db/schema';
import { openTestDatabase } from '../db/testing';
import { createDocker, dockerNames, LABEL } from '../docker';
import { newId } from '../ids';
import { findOperation, insertOperation, updateOperation, updateStep } from '../operations/repository';
import { DataCopies } from './data-copies';
import { formerData } from './data-volume';
import { getService, insertService, updateService } from './repository';

const GIB = 1_024 ** 3;
const DAY_MS = 24 * 60 * 60 * 1_000;
const names = dockerNames('00ff00ff');
const dropRootOf = vi.fn();
const log = { debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error: vi.fn() };

let database: ReturnType<typeof openTestDatabase>;
let docker: ReturnType<typeof createDocker>;
let copies: DataCopies;
let projectId: string;
let serviceId: string;

beforeEach(() => {
	database = openTestDatabase();
	docker = createDocker({ socketPath: '/no/such.sock', instanceId: '00ff00ff' });
	dropRootOf.mockClear();
	copies = new DataCopies({ db: database.db, docker, names, secrets: { dropRootOf }, log });
	projectId = newId('project');
	serviceId = newId('service');
	const createdAt = new Date();
	database.db.insert(projects).values({ id: projectId, name: 'shop', networkIndex: 0, createdAt }).run();
	insertService(database.db, {
		...{ id: serviceId, projectId, kind: 'database', engine: 'valkey', version: '8', name: 'cache' },
		...{ memoryBytes: 1000, desiredState: 'running', phase: 'ready', createdAt },
	});
});
afterEach(() => {
	vi.restoreAllMocks();
	database.remove();
});

function roomFor(usedKib: number, freeKib: number): Promise<number> {
	vi.spyOn(docker, 'runInImage').mockResolvedValue([
		`${usedKib}\t/data\n`,
		`Filesystem     1024-blocks     Used Available Capacity Mounted on\n/dev/sda1  ${freeKib * 3} ${freeKib * 2} ${freeKib}      67% /data\n`,
	]);
	const copy = { from: 'a-volume', image: 'an-image', signal: new AbortController().signal };
	return copies.assertRoom(getService(database.db, serviceId), copy);
}

describe('the room for a copy of the data', () => {
	it('is enough when it holds them and something to spare', async () => {
		await expect(roomFor((10 * GIB) / 1_024, (12 * GIB) / 1_024)).resolves.toBe(10 * GIB);
	});

	it('is refused with the bytes that are needed and those that are free', async () => {
		await expect(roomFor((10 * GIB) / 1_024, (11 * GIB) / 1_024)).rejects.toMatchObject({
			code: 'UPGRADE_NEEDS_SPACE',
			details: { neededBytes: 11.25 * GIB, freeBytes: 11 * GIB },
		});
	});

	it('that cannot be read is no room', async () => {
		await expect(roomFor(Number.NaN, 1)).rejects.toThrow('unknown sizes');
	});
});

type Status = 'running' | 'succeeded' | 'failed' | 'undone';

/** An operation that ended so, so many days ago; `begun`: its steps that had. */
function operated(
	kind: 'service.upgrade' | 'service.repair',
	status: Status,
	{ input = {}, daysAgo = 0, begun = [] }: { input?: object; daysAgo?: number; begun?: string[] },
): string {
	const id = newId('operation');
	const at = new Date(Date.now() - daysAgo * DAY_MS);
	insertOperation(database.db, {
		...{ id, projectId, serviceId, serviceName: 'cache', kind, input: { ...input } },
		...{ actor: 'system', auditIntentSeq: null, stepKeys: ['container', 'ready'] },
	});
	updateOperation(database.db, id, { status, createdAt: at, finishedAt: status === 'running' ? null : at });
	for (const step of findOperation(database.db, id)?.steps ?? [])
		if (begun.includes(step.key)) updateStep(database.db, { ...step, status: 'done', startedAt: at });
	return id;
}

/** An upgrade from that volume, and the name of its copy. */
function upgraded(
	status: Status,
	{ from = null, daysAgo = 4, begun = [] }: { from?: string | null; daysAgo?: number; begun?: string[] } = {},
): string {
	const input = { imageRef: 'former', imageDigest: 'sha256:f', imageOrigin: 'built', dataVolume: from };
	const id = operated('service.upgrade', status, { input, daysAgo, begun });
	volumes.push({ name: names.copyVolume(serviceId, id), labels: labels(id) });
	return names.copyVolume(serviceId, id);
}
const labels = (operationId: string) => ({ [LABEL.service]: serviceId, [LABEL.operation]: operationId });
let volumes: { name: string; labels: Record<string, string> }[];

async function cleared(): Promise<string[]> {
	const gone: string[] = [];
	vi.spyOn(docker.volumes, 'list').mockResolvedValue(volumes);
	vi.spyOn(docker.volumes, 'remove').mockImplementation((name) => {
		gone.push(name);
		return Promise.resolve();
	});
	await copies.clear();
	return gone;
}
const use = (dataVolume: string) => updateService(database.db, serviceId, { dataVolume });

describe('what a service ran on before its last upgrade', () => {
	beforeEach(() => {
		volumes = [];
	});

	it('is known with its image as long as its volume is there', async () => {
		const inspect = vi.spyOn(docker.volumes, 'inspect');
		use(upgraded('succeeded', { daysAgo: 1 }));
		inspect.mockImplementation((name) => Promise.resolve({ name, labels: {} }));
		const former = await copies.findFormer(serviceId);
		expect(former).toMatchObject({
			volume: names.volume(serviceId),
			state: { imageRef: 'former', imageDigest: 'sha256:f', imageOrigin: 'built', dataVolume: null },
		});
		expect((former?.keptUntil?.getTime() ?? 0) - (former?.endedAt.getTime() ?? 0)).toBe(3 * DAY_MS);
		inspect.mockResolvedValue(null);
		expect(await copies.findFormer(serviceId)).toBeNull();
	});

	it('is nothing when there was none, or one that is still at work', async () => {
		vi.spyOn(docker.volumes, 'inspect').mockImplementation((name) => Promise.resolve({ name, labels: {} }));
		expect(await copies.findFormer(serviceId)).toBeNull();
		use(upgraded('running'));
		expect(await copies.findFormer(serviceId)).toBeNull();
	});

	const former = () => formerData(database.db, names, getService(database.db, serviceId));

	it('is kept without end while the server is left on the copy of one that failed', () => {
		use(upgraded('failed', { begun: ['container'] }));
		expect(former()).toMatchObject({ volume: names.volume(serviceId), keptUntil: null });
	});

	it('is kept for three days after one that failed once the server had answered', () => {
		use(upgraded('failed', { daysAgo: 1, begun: ['container', 'ready'] }));
		expect(former()?.keptUntil).toBeInstanceOf(Date);
	});

	it('is what last answered: copies of upgrades that failed in between are passed over', () => {
		const answered = upgraded('failed', { daysAgo: 9, begun: ['container', 'ready'] });
		const second = upgraded('failed', { from: answered, daysAgo: 6, begun: ['container'] });
		const third = upgraded('failed', { from: second, daysAgo: 5 });
		use(upgraded('succeeded', { from: third, daysAgo: 1 }));
		expect(former()).toMatchObject({ volume: answered, passedOver: [third, second] });
	});
});

describe('volumes that a service has no use for', () => {
	const first = () => names.volume(serviceId);
	beforeEach(() => {
		volumes = [{ name: first(), labels: labels('op_of_its_making') }];
	});

	it('are the former one, once the operation that copied it has succeeded three days ago', async () => {
		use(upgraded('succeeded', { daysAgo: 3.1 }));
		expect(await cleared()).toEqual([first()]);
		expect(dropRootOf.mock.calls).toEqual([[serviceId, first()]]);
	});

	it('are not the former one before that, but those before it', async () => {
		const older = upgraded('succeeded', { daysAgo: 30 });
		use(upgraded('succeeded', { from: older, daysAgo: 2.9 }));
		expect(await cleared()).toEqual([first()]);
	});

	it('are none that the service went back from', async () => {
		const older = upgraded('succeeded', { daysAgo: 30 });
		upgraded('succeeded', { from: older, daysAgo: 20 });
		use(older);
		expect(await cleared()).toEqual([first()]);
	});

	it('are none when what the service ran on before is not on record', async () => {
		const copy = upgraded('succeeded');
		database.db.update(operations).set({ input: {} }).run();
		use(copy);
		expect(await cleared()).toEqual([]);
	});

	it.each(['undone', 'failed'] as const)(
		'are the copy of one that %s, under a server that is back',
		async (status) => {
			const copy = upgraded(status);
			expect(await cleared()).toEqual([copy]);
		},
	);

	it('are no copies that a server was started on, before three days', async () => {
		upgraded('undone', { daysAgo: 2.9, begun: ['container'] });
		expect(await cleared()).toEqual([]);
		const old = upgraded('undone', { daysAgo: 3.1, begun: ['container'] });
		expect(await cleared()).toEqual([old]);
	});

	it('are no copies that a repair took the service back from, before three days', async () => {
		upgraded('failed', { daysAgo: 30, begun: ['container'] });
		operated('service.repair', 'succeeded', { daysAgo: 2.9 });
		expect(await cleared()).toEqual([]);
	});

	it('are not the last one that a working server wrote, nor the copy in between, until three days after success', async () => {
		const failed = upgraded('failed', { daysAgo: 30, begun: ['container'] });
		const copy = upgraded('succeeded', { from: failed, daysAgo: 2.9 });
		use(copy);
		expect(await cleared()).toEqual([]);
		const at = new Date(Date.now() - 3.1 * DAY_MS);
		database.db.update(operations).set({ finishedAt: at }).run();
		expect(await cleared()).toEqual([first(), failed]);
	});

	it('are none as long as the server runs on the copy of one that failed', async () => {
		use(upgraded('failed'));
		expect(await cleared()).toEqual([]);
	});

	it('are none while an operation works on the service', async () => {
		const copy = upgraded('running');
		expect(await cleared()).toEqual([]);
		use(copy);
		expect(await cleared()).toEqual([]);
	});

	it('are none when the one in use is gone', async () => {
		use(upgraded('succeeded'));
		volumes = volumes.filter(({ name }) => name === first());
		expect(await cleared()).toEqual([]);
		expect(volumes).toHaveLength(1);
	});

	it('are no copies that the records do not know, or know to have been in use', async () => {
		volumes.push({ name: names.copyVolume(serviceId, 'op_forgotten'), labels: labels('op_forgotten') });
		upgraded('succeeded');
		expect(await cleared()).toEqual([]);
	});

	it('are none of those that belong to no service', async () => {
		volumes.push({ name: 'sh0-00ff00ff-stranger-data', labels: { [LABEL.service]: 'svc_stranger' } });
		expect(await cleared()).toEqual([]);
	});
});
