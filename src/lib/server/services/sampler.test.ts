import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { projects } from '../db/schema';
import { openTestDatabase } from '../db/testing';
import { createDocker, type ContainerSummary } from '../docker';
import type { DatabaseAdmin } from '../engines/engine';
import { AppError } from '../errors';
import { newId } from '../ids';
import { createLogger, Redactor } from '../log';
import { insertOperation } from '../operations/repository';
import { FakeDatabaseAdmin } from '../testing/fake-database-admin';
import { DockerView } from './docker-view';
import { insertService } from './repository';
import { Sampler } from './sampler';

const log = createLogger({ level: 'error', redactor: new Redactor() });
const numbers = { connections: 3, maxConnections: 50, startedAt: null, version: '9.1' };

let database: ReturnType<typeof openTestDatabase>;
let projectId: string;
let serviceId: string;
let sampler: Sampler;
const note = vi.fn();
const statistics = vi.fn<DatabaseAdmin['statistics']>();

beforeEach(() => {
	vi.useFakeTimers({ toFake: ['Date'] });
	statistics
		.mockReset()
		.mockImplementation((request) =>
			Promise.resolve({ ...numbers, sizeBytes: request?.isMeasured === false ? 5 : 1_000 }),
		);
	note.mockReset();
	database = openTestDatabase();
	serviceId = newId('service');
	projectId = newId('project');
	const createdAt = new Date();
	database.db.insert(projects).values({ id: projectId, name: 'shop', networkIndex: 0, createdAt }).run();
	insertService(database.db, {
		...{ id: serviceId, projectId, kind: 'database', engine: 'mysql', version: '9', name: 'orders' },
		...{ memoryBytes: 1000, desiredState: 'running', phase: 'ready', createdAt },
	});
	const docker = createDocker({ socketPath: '/no/such.sock', instanceId: '00ff00ff' });
	const view = new DockerView(docker, log);
	const names = { id: 'c', name: 'c', imageId: 'i', imageRef: 'i', specHash: null };
	const container: ContainerSummary = { ...names, status: 'running', labels: {}, hostPorts: {} };
	vi.spyOn(view, 'snapshot').mockResolvedValue({
		isDockerUp: true,
		containers: new Map([[serviceId, container]]),
	});
	vi.spyOn(docker.containers, 'stats').mockResolvedValue(null);
	const admin = Object.assign(new FakeDatabaseAdmin(), { statistics });
	sampler = new Sampler({
		...{ db: database.db, docker, view, log, growth: { note, keepOnly: () => {} } },
		broker: {
			admin: () => Promise.resolve(admin),
			storageAdmin: () => Promise.reject(new AppError('NOT_SUPPORTED')),
		},
	});
});
afterEach(() => {
	vi.useRealTimers();
	database.remove();
});

const measured = () => statistics.mock.calls.map(([request]) => request?.isMeasured);

it('asks for sizes every five minutes only, and keeps the last one', async () => {
	for (let round = 0; round < 31; round += 1) {
		await sampler.sampleAll();
		expect(sampler.last(serviceId)).toMatchObject({ sizeBytes: 1_000, connections: 3 });
		vi.advanceTimersByTime(10_000);
	}
	expect(measured().filter((isMeasured) => isMeasured)).toHaveLength(2);
	expect(measured().filter((isMeasured) => !isMeasured)).toHaveLength(31);
	expect(note).toHaveBeenCalledTimes(2);
});

it('takes what somebody else was told, for a service that it knows', async () => {
	const usage = { sizeBytes: 4_000, objects: 2, diskTotalBytes: 90_000, diskFreeBytes: 80_000 };
	sampler.take(serviceId, usage);
	expect(sampler.last(serviceId).sizeBytes).toBeNull();
	await sampler.sampleAll();
	sampler.take(serviceId, usage);
	const { sizeBytes, ...rest } = usage;
	expect(sampler.last(serviceId)).toMatchObject({ sizeBytes, usage: rest });
	expect(note).toHaveBeenLastCalledWith(serviceId, 4_000);
	sampler.take(serviceId, { ...usage, sizeBytes: null });
	expect(sampler.last(serviceId).sizeBytes).toBe(4_000);
	expect(measured().filter((isMeasured) => isMeasured)).toHaveLength(1);
});

it('asks again after half a minute while no size is known', async () => {
	statistics.mockResolvedValue({ ...numbers, sizeBytes: null });
	for (let round = 0; round < 4; round += 1) {
		await sampler.sampleAll();
		vi.advanceTimersByTime(10_000);
	}
	expect(measured().filter((isMeasured) => isMeasured)).toHaveLength(2);
	expect(note).not.toHaveBeenCalled();
});

it(
	'takes a size that comes late, asks only once meanwhile, and goes on sampling',
	{ timeout: 30_000 },
	async () => {
		let tell = (): void => undefined;
		const late = new Promise<void>((resolve) => (tell = resolve));
		statistics.mockImplementation(async (request) => {
			if (request?.isMeasured) await late;
			return { ...numbers, sizeBytes: request?.isMeasured ? 7_000 : null };
		});
		await sampler.sampleAll();
		vi.advanceTimersByTime(3_600_000);
		await sampler.sampleAll();
		expect(sampler.last(serviceId)).toMatchObject({ sizeBytes: null, connections: 3, isAnswering: true });
		expect(measured().filter((isMeasured) => isMeasured)).toHaveLength(1);
		tell();
		await expect.poll(() => sampler.last(serviceId).sizeBytes).toBe(7_000);
	},
);

it.each([
	['storage.copy', false],
	['service.restart', null],
] as const)('while %s runs, two missing answers mean that it answers: %s', async (kind, isAnswering) => {
	insertOperation(database.db, {
		...{ id: newId('operation'), projectId, serviceId, serviceName: 'orders', kind, stepKeys: [] },
		...{ input: {}, actor: 'a', auditIntentSeq: null },
	});
	statistics.mockRejectedValue(new AppError('ENGINE_UNREACHABLE'));
	await sampler.sampleAll();
	await sampler.sampleAll();
	expect(sampler.last(serviceId).isAnswering).toBe(isAnswering);
});
