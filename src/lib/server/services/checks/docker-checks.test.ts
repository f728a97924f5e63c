import { describe, expect, it } from 'vitest';
import type { ServicePhase } from '$lib/shared/services';
import { LABEL, type ContainerSummary } from '../../docker';
import type { ServiceRow } from '../repository';
import { checkActualIsDesired, checkPorts, checkRowsMatchDocker } from './docker-checks';
import type { Picture } from './picture';

const service = (overrides: Partial<ServiceRow> = {}): ServiceRow => ({
	...{ id: 'svc_a', projectId: 'prj_a', kind: 'database', engine: 'postgres', version: '17', name: 'main' },
	...{ memoryBytes: 1, desiredState: 'running', phase: 'ready', imageRef: null, imageDigest: null },
	...{
		imageOrigin: null,
		dataLimitBytes: null,
		hostPort: 20_001,
		initializedAt: new Date(0),
		createdAt: new Date(0),
	},
	...{ trashedAt: null, purgeAfter: null, settings: {}, dataVolume: null },
	...overrides,
});

const labels = (serviceId: string) => ({ [LABEL.service]: serviceId });
const container = (serviceId: string, overrides: Partial<ContainerSummary> = {}): ContainerSummary => ({
	...{ id: 'c', name: `container-of-${serviceId}`, labels: labels(serviceId), status: 'running' },
	...{ hostPorts: { 5432: 20_001 }, imageId: 'i', imageRef: 'r', specHash: null },
	...overrides,
});
const volume = (serviceId: string) => ({ name: `volume-of-${serviceId}`, labels: labels(serviceId) });
const network = (projectId: string) => ({
	...{ id: 'n', name: `network-of-${projectId}`, labels: { [LABEL.project]: projectId } },
	...{ subnet: null, containerIds: [] },
});

/** One running service with all that is its. */
const picture = (overrides: Partial<Picture> = {}): Picture => ({
	settled: [service()],
	busyServiceIds: new Set(),
	projectIds: new Set(['prj_a']),
	projectsWithWork: new Set(['prj_a']),
	containers: [container('svc_a')],
	volumes: [volume('svc_a')],
	networks: [network('prj_a')],
	...overrides,
});

describe('rows and Docker', () => {
	it('match when each service has its container, volume and network', () => {
		expect(checkRowsMatchDocker(picture())).toEqual([]);
	});

	it.each<[string, Partial<Picture>, RegExp]>([
		['a container is missing', { containers: [] }, /"main" \(svc_a\) is ready and has 0 containers, not 1/],
		['a volume is missing', { volumes: [] }, /has 0 volumes, not 1/],
		['a network is missing', { networks: [] }, /Project prj_a has 0 networks/],
		[
			'there are two containers',
			{ containers: [container('svc_a'), container('svc_a')] },
			/has 2 containers/,
		],
		[
			'a container has no row',
			{ containers: [container('svc_a'), container('svc_x')] },
			/container-of-svc_x belongs to no service/,
		],
		[
			'a volume has no row',
			{ volumes: [volume('svc_a'), volume('svc_x')] },
			/volume-of-svc_x belongs to no service/,
		],
		[
			'a network has no project',
			{ networks: [network('prj_a'), network('prj_x')] },
			/network-of-prj_x belongs to no project/,
		],
		['there are two networks', { networks: [network('prj_a'), network('prj_a')] }, /has 2 networks/],
		[
			'a trashed service still has its container',
			{ settled: [service({ phase: 'trashed' })] },
			/is trashed and has 1 containers, not 0/,
		],
		[
			'a trashed service has lost its volume',
			{ settled: [service({ phase: 'trashed' })], containers: [], volumes: [] },
			/is trashed and has 0 volumes/,
		],
	])('do not match when %s', (_what, overrides, problem) => {
		const problems = checkRowsMatchDocker(picture(overrides));
		expect(problems).toHaveLength(1);
		expect(problems[0]).toMatch(problem);
	});

	it.each<ServicePhase>(['creating', 'removing'])(
		'do not match when a service is %s and nothing works on it',
		(phase) => {
			expect(checkRowsMatchDocker(picture({ settled: [service({ phase })] }))).toEqual([
				`"main" (svc_a) is ${phase}, but no operation works on it.`,
			]);
		},
	);

	it('are not judged for a service with an operation under way', () => {
		const busy = { settled: [], busyServiceIds: new Set(['svc_a']) };
		expect(checkRowsMatchDocker(picture(busy))).toEqual([]);
		expect(checkRowsMatchDocker(picture({ ...busy, volumes: [] }))).toEqual([]);
	});

	it('match for a failed service with or without leftovers, and for lost data without a volume', () => {
		const failed = { settled: [service({ phase: 'failed' })] };
		expect(checkRowsMatchDocker(picture(failed))).toEqual([]);
		expect(checkRowsMatchDocker(picture({ ...failed, containers: [], volumes: [] }))).toEqual([]);
		expect(
			checkRowsMatchDocker(picture({ settled: [service({ phase: 'data_lost' })], volumes: [] })),
		).toEqual([]);
	});
});

describe('ports', () => {
	it('are right when each listener is the row’s', () => {
		expect(checkPorts(picture())).toEqual([]);
	});

	it('are right when a container has others beside it', () => {
		const several = container('svc_a', { hostPorts: { 3900: 20_001, 3903: 49_153 } });
		expect(checkPorts(picture({ containers: [several] }))).toEqual([]);
	});

	it('are wrong when a container listens elsewhere or two share one', () => {
		const moved = picture({ containers: [container('svc_a', { hostPorts: { 5432: 20_002 } })] });
		expect(checkPorts(moved)).toEqual(['"main" (svc_a) listens on port 20002, but its row says 20001.']);
		const closed = picture({ containers: [container('svc_a', { hostPorts: {} })] });
		expect(checkPorts(closed)).toEqual(['"main" (svc_a) listens on no port, but its row says 20001.']);
		const shared = picture({ containers: [container('svc_a'), container('svc_b')] });
		expect(checkPorts(shared)).toEqual(['Port 20001 is used by container-of-svc_a and container-of-svc_b.']);
	});
});

describe('actual and desired', () => {
	it('agree when what should run runs and what should be stopped is stopped', () => {
		expect(checkActualIsDesired(picture())).toEqual([]);
		const stopped = {
			settled: [service({ desiredState: 'stopped' })],
			containers: [container('svc_a', { status: 'exited' })],
		};
		expect(checkActualIsDesired(picture(stopped))).toEqual([]);
	});

	it('disagree otherwise', () => {
		const down = picture({ containers: [container('svc_a', { status: 'exited' })] });
		expect(checkActualIsDesired(down)).toEqual(['"main" (svc_a) should be running and is exited.']);
		const up = picture({ settled: [service({ desiredState: 'stopped' })] });
		expect(checkActualIsDesired(up)).toEqual(['"main" (svc_a) should be stopped and is running.']);
		const gone = picture({ containers: [] });
		expect(checkActualIsDesired(gone)).toEqual([
			'"main" (svc_a) should be running and is without a container.',
		]);
	});

	it('are not compared for a service in the trash', () => {
		const trashed = picture({ settled: [service({ phase: 'trashed' })], containers: [] });
		expect(checkActualIsDesired(trashed)).toEqual([]);
	});
});
