import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DockerClient, isDockerStatus } from './client';
import { Containers } from './containers';
import { parseEvent } from './events';
import { dockerNames, LABEL } from './labels';
import { LogParser } from './logs';
import { createOptions, specHash, type ContainerRequest } from './spec';
import { cpuPercent, parseStats, type RawStats } from './stats';
import { freeSubnets, rangeOf, subnetAt } from './subnets';
import { Volumes } from './volumes';

describe('subnets', () => {
	it('are /26 pieces of the pool, by index', () => {
		expect(subnetAt(0)).toBe('10.213.0.0/26');
		expect(subnetAt(1)).toBe('10.213.0.64/26');
		expect(subnetAt(1023)).toBe('10.213.255.192/26');
		expect(subnetAt(1024)).toBe('10.213.0.0/26');
	});

	it('leave out what overlaps with others, large or small', () => {
		const first = (taken: string[], preferred = 0) => freeSubnets(preferred, taken).next().value;
		expect(first([])).toBe('10.213.0.0/26');
		expect(first(['10.213.0.0/26'])).toBe('10.213.0.64/26');
		expect(first(['10.213.0.70/32', '172.17.0.0/16'], 1)).toBe('10.213.0.128/26');
		expect(first(['10.213.0.0/24'])).toBe('10.213.1.0/26');
		expect(first(['10.213.255.0/24'], 1020)).toBe('10.213.0.0/26');
		expect(first(['10.0.0.0/8'])).toBeUndefined();
		expect(first(['fd00::/64', 'nonsense', ''])).toBe('10.213.0.0/26');
	});

	it('are read strictly', () => {
		expect(rangeOf('10.0.0.1/8')).toEqual({ first: 167_772_160, last: 184_549_375 });
		for (const bad of ['10.0.0/8', '10.0.0.256/8', '10.0.0.0', '10.0.0.0/33', 'a.b.c.d/8']) {
			expect(rangeOf(bad)).toBeNull();
		}
	});
});

const request: ContainerRequest = {
	name: 'sh0-a-b',
	image: 'postgres@sha256:1',
	labels: {},
	env: { PASSWORD: 'one' },
	command: ['postgres'],
	volume: { name: 'v', path: '/data' },
	network: { name: 'n', aliases: ['db'] },
	port: 5432,
	hostPort: 20_001,
	memoryBytes: 1,
	capabilities: ['CHOWN'],
	tmpfs: {},
	shmSizeBytes: 1,
	stopSignal: 'SIGINT',
	stopTimeoutSeconds: 60,
	pidsLimit: 100,
};

describe('a container', () => {
	it('never gets more than the request can say', () => {
		const { HostConfig } = createOptions(request);
		expect(HostConfig).toMatchObject({
			Privileged: false,
			CapDrop: ['ALL'],
			CapAdd: ['CHOWN', 'KILL'],
			SecurityOpt: ['no-new-privileges:true'],
			ReadonlyRootfs: true,
			PidsLimit: 100,
			PortBindings: { '5432/tcp': [{ HostIp: '127.0.0.1', HostPort: '20001' }] },
		});
		for (const key of ['Binds', 'PidMode', 'IpcMode', 'UsernsMode', 'Devices'])
			expect(HostConfig).not.toHaveProperty(key);
	});

	it('has a fingerprint that knows what matters and no secret', () => {
		const hash = specHash(request);
		expect(specHash({ ...request, env: { PASSWORD: 'two' } })).toBe(hash);
		expect(specHash({ ...request, network: { name: 'n', aliases: ['other'] } })).toBe(hash);
		expect(specHash({ ...request, tmpfs: {}, name: 'sh0-a-b' })).toBe(hash);
		expect(specHash({ ...request, memoryBytes: 2 })).not.toBe(hash);
		expect(specHash({ ...request, env: { PASSWORD: 'one', MORE: '1' } })).not.toBe(hash);
		expect(specHash({ ...request, hostPort: 20_002 })).not.toBe(hash);
	});

	it('has a name made of the instance and its id', () => {
		const names = dockerNames('00ff00ff');
		expect(names.container('svc_abc')).toBe('sh0-00ff00ff-abc');
		expect(names.volume('svc_abc')).toBe('sh0-00ff00ff-abc-data');
		expect(names.network('prj_def')).toBe('sh0-00ff00ff-def');
	});
});

describe('logs', () => {
	const frame = (stream: number, text: string) => {
		const body = Buffer.from(text);
		const header = Buffer.alloc(8);
		header[0] = stream;
		header.writeUInt32BE(body.length, 4);
		return Buffer.concat([header, body]);
	};
	const all = Buffer.concat([
		frame(1, '2026-01-02T03:04:05.678901234Z first ünï\n'),
		frame(2, '2026-01-02T03:04:06Z \n'),
		frame(2, 'undated\n'),
	]);

	it('come out the same in pieces of any size', () => {
		const whole = new LogParser().push(all);
		expect(whole).toEqual([
			{ at: new Date('2026-01-02T03:04:05.678Z'), stream: 'stdout', line: 'first ünï' },
			{ at: new Date('2026-01-02T03:04:06Z'), stream: 'stderr', line: '' },
			{ at: new Date(0), stream: 'stderr', line: 'undated' },
		]);
		for (let size = 1; size < all.length; size += 3) {
			const parser = new LogParser();
			const lines = [];
			for (let at = 0; at < all.length; at += size) lines.push(...parser.push(all.subarray(at, at + size)));
			expect(lines).toEqual(whole);
		}
	});
});

describe('stats', () => {
	const sample: RawStats = {
		at: new Date(0),
		...{ cpuNs: 1_000, systemCpuNs: 100_000, cpus: 2, memoryBytes: 0, memoryLimitBytes: 0 },
	};

	it('give CPU as the share of one core between two samples', () => {
		expect(cpuPercent(sample, { ...sample, cpuNs: 11_000, systemCpuNs: 140_000 })).toBe(50);
		expect(cpuPercent(sample, { ...sample, cpuNs: 0, systemCpuNs: 140_000 })).toBeNull();
		expect(cpuPercent(sample, sample)).toBeNull();
	});

	it('leave out cache that can be given back, in both cgroup versions', () => {
		const answer = (stats: object) => ({
			read: '2026-01-02T03:04:05Z',
			cpu_stats: { cpu_usage: { total_usage: 5 }, system_cpu_usage: 6, online_cpus: 2 },
			memory_stats: { usage: 100, limit: 200, stats },
		});
		expect(parseStats(answer({ total_inactive_file: 30 }))?.memoryBytes).toBe(70);
		expect(parseStats(answer({ inactive_file: 40 }))?.memoryBytes).toBe(60);
		expect(
			parseStats({ read: '', cpu_stats: { cpu_usage: { total_usage: 0 } }, memory_stats: {} }),
		).toBeNull();
	});
});

describe('events', () => {
	const line = (attributes: Record<string, string>, type = 'container') =>
		JSON.stringify({ Type: type, Action: 'die', Actor: { ID: 'abc', Attributes: attributes } });

	it('of this instance are told, by label or by name', () => {
		const labelled = { name: 'any', [LABEL.instance]: '00ff00ff', [LABEL.service]: 'svc_x' };
		expect(parseEvent(line(labelled), '00ff00ff')).toEqual({
			kind: 'container',
			action: 'die',
			name: 'any',
			serviceId: 'svc_x',
		});
		expect(parseEvent(line({ name: 'sh0-00ff00ff-x' }, 'network'), '00ff00ff')?.kind).toBe('network');
	});

	it('of others, and what is no event, are not', () => {
		expect(parseEvent(line({ name: 'sh0-11111111-x' }), '00ff00ff')).toBeNull();
		expect(parseEvent(line({ name: 'x' }, 'image'), '00ff00ff')).toBeNull();
		expect(parseEvent('not json', '00ff00ff')).toBeNull();
	});
});

describe('an engine', () => {
	let folder: string;
	let server: Server;
	let answer: { status: number; body: string } | 'never';

	beforeEach(async () => {
		folder = mkdtempSync(join(tmpdir(), 'sh0-engine-'));
		server = createServer((_request, response) => {
			if (answer !== 'never') response.writeHead(answer.status).end(answer.body);
		});
		await new Promise<void>((resolve) => server.listen(join(folder, 'engine.sock'), resolve));
	});
	afterEach(async () => {
		server.closeAllConnections();
		await new Promise((resolve) => server.close(resolve));
		rmSync(folder, { recursive: true });
	});

	const ask = (call: { isLook?: boolean; limitMs?: number; signal?: AbortSignal } = {}) => {
		const client = new DockerClient(join(folder, 'engine.sock'));
		return client.call({ what: 'look', ...call }, (abortSignal) =>
			client.engine.getContainer('x').inspect({ abortSignal }),
		);
	};

	it('that does not answer in time is unavailable', async () => {
		answer = 'never';
		const began = Date.now();
		await expect(ask({ limitMs: 100 })).rejects.toMatchObject({ code: 'DOCKER_UNAVAILABLE' });
		expect(Date.now() - began).toBeLessThan(2_000);
	});

	it('that is not there is unavailable', async () => {
		const client = new DockerClient(join(folder, 'none.sock'));
		await expect(client.call({ what: 'ping' }, () => client.engine.ping())).rejects.toMatchObject({
			code: 'DOCKER_UNAVAILABLE',
		});
	});

	it('is asked without rendering the question as text, with every open socket in it', async () => {
		answer = { status: 200, body: '{}' };
		const client = new DockerClient(join(folder, 'engine.sock'));
		let isRendered = false;
		const look = () => ((isRendered = true), '');
		await client.call({ what: 'look' }, (abortSignal) => {
			Object.defineProperty(abortSignal, inspect.custom, { value: look });
			return client.engine.getContainer('x').inspect({ abortSignal });
		});
		expect(isRendered).toBe(false);
	});

	it('that answers a look with 500, or stands behind a broken gateway, is unavailable', async () => {
		answer = { status: 500, body: '{"message":"sick"}' };
		await expect(ask({ isLook: true })).rejects.toMatchObject({ code: 'DOCKER_UNAVAILABLE' });
		answer = { status: 503, body: '' };
		await expect(ask()).rejects.toMatchObject({ code: 'DOCKER_UNAVAILABLE' });
	});

	it('that refuses says with which code', async () => {
		answer = { status: 409, body: '{"message":"in use"}' };
		await expect(ask()).rejects.toSatisfy(
			(error) => isDockerStatus(error, 409) && !isDockerStatus(error, 404),
		);
	});

	it('that is removing a container says so by 409, and it counts as gone', async () => {
		const containers = new Containers(new DockerClient(join(folder, 'engine.sock')), '00ff00ff');
		const inspected = (Status: string) => ({
			...{ Id: 'c', Name: '/c', Image: 'i', RestartCount: 0, Mounts: [] },
			Config: { Image: 'i', Labels: { [LABEL.instance]: '00ff00ff' } },
			State: { Status, Running: false, ExitCode: 0, OOMKilled: false, StartedAt: '', FinishedAt: '' },
			...{ HostConfig: {}, NetworkSettings: { Ports: {}, Networks: {} } },
		});
		let status = 'exited';
		server.removeAllListeners('request').on('request', ({ method }, response: ServerResponse) => {
			if (method === 'GET') return void response.end(JSON.stringify(inspected(status)));
			status = afterwards;
			response.statusCode = 409;
			response.end('{"message":"container is marked for removal and cannot be started"}');
		});
		let afterwards = 'removing';
		await expect(containers.start('c')).rejects.toMatchObject({ code: 'NOT_FOUND' });
		await expect(containers.putFiles('c', '/', [])).rejects.toMatchObject({ code: 'NOT_FOUND' });
		await expect(containers.stop('c', 1)).resolves.toBeUndefined();
		[status, afterwards] = ['exited', 'exited'];
		await expect(containers.start('c')).rejects.toSatisfy((error) => isDockerStatus(error, 409));
	});

	it('may take minutes to remove a volume, whose files are all gone when it answers', async () => {
		vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
		try {
			const volume = { Name: 'v', Labels: { [LABEL.instance]: '00ff00ff' } };
			answer = { status: 200, body: JSON.stringify(volume) };
			const deletion = new Promise<ServerResponse>((resolve) => {
				server.prependListener('request', ({ method }: IncomingMessage, response: ServerResponse) => {
					if (method !== 'DELETE') return;
					answer = 'never';
					resolve(response);
				});
			});
			const volumes = new Volumes(new DockerClient(join(folder, 'engine.sock')), '00ff00ff');
			const removed = volumes.remove('v');
			const response = await deletion;
			await vi.advanceTimersByTimeAsync(5 * 60_000);
			response.writeHead(204).end();
			await expect(removed).resolves.toBeUndefined();
		} finally {
			vi.useRealTimers();
		}
	});

	it('leaves the reason of a caller who gave up as it is', async () => {
		answer = 'never';
		const giveUp = new AbortController();
		const asked = ask({ signal: giveUp.signal });
		giveUp.abort(new Error('enough'));
		await expect(asked).rejects.toThrowError('enough');
	});
});
