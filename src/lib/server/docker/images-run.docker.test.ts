import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { MIB } from '../../shared/units';
import { loadEnv } from '../env';
import { createImages } from '../images';
import { DockerClient } from './client';
import { runInImage } from './images-run';
import { LABEL, temporary } from './labels';

const { dockerSocket, imagesDir } = loadEnv();
const instanceId = randomBytes(4).toString('hex');
const docker = new DockerClient(dockerSocket, instanceId);
const repo = `sh0-test-${randomBytes(6).toString('hex')}`;
const image = `${repo}:run`;

beforeAll(async () => {
	const dataDir = await mkdtemp(join(tmpdir(), 'sh0-run-'));
	const digests = { find: () => undefined, record: () => {} };
	const images = createImages({ docker, digests, imagesDir, dataDir });
	const { ref } = await images.buildImage({ engine: 'redis', version: '8' });
	await docker.engine.getImage(ref).tag({ repo, tag: 'run' });
	await rm(dataDir, { recursive: true });
}, 600_000);

afterAll(() => docker.engine.getImage(image).remove());

async function containers(): Promise<number> {
	const all = await docker.engine.listContainers({ all: true });
	return all.filter(({ Image }) => Image === image).length;
}

it('gives what each program wrote, in one container, without the image’s own entrypoint', async () => {
	const outputs = await runInImage(docker, {
		image,
		on: 'network',
		commands: [
			['touch', '/root/one'],
			['ls', '/root'],
			['id', '-u'],
			['cat', '/proc/1/comm'],
		],
	});
	expect(outputs.slice(0, 3)).toEqual(['', 'one\n', '0\n']);
	expect(outputs[3]).not.toContain('redis');
	expect(await containers()).toBe(0);
});

it('fails with what a program said, and runs none after it', async () => {
	const run = runInImage(docker, {
		image,
		on: 'network',
		commands: [['ls', '/no such folder'], ['true']],
	});
	await expect(run).rejects.toMatchObject({
		name: 'ProgramInImageError',
		message: expect.stringContaining('ls /no such folder ended with 2: ls: cannot access'),
	});
	await expect.poll(containers).toBe(0);
});

it('stops at once when it is told to, and leaves nothing behind', async () => {
	const controller = new AbortController();
	const run = runInImage(docker, {
		image,
		on: 'network',
		commands: [['sleep', '60']],
		signal: controller.signal,
	});
	setTimeout(() => controller.abort(new Error('enough')), 1_500);
	await expect(run).rejects.toThrow('enough');
	await expect.poll(containers).toBe(0);
});

it('has a network of its own, no more than it needs, and says whose it is and until when', async () => {
	const controller = new AbortController();
	const run = runInImage(docker, {
		image,
		on: 'network',
		commands: [['sleep', '60']],
		signal: controller.signal,
	});
	const filters = { label: [`${LABEL.instance}=${instanceId}`] };
	const running = await vi.waitUntil(
		async () => (await docker.engine.listContainers({ filters }))[0],
		60_000,
	);
	const { Config, HostConfig } = await docker.engine.getContainer(running.Id).inspect();
	expect(temporary(Config.Labels)).toBe('inUse');
	expect(temporary(Config.Labels, Date.now() + 10 * 60_000)).toBe('over');
	expect(HostConfig).toMatchObject({
		...{ Privileged: false, CapDrop: ['ALL'], Memory: 512 * MIB, MemorySwap: 512 * MIB, PidsLimit: 100 },
		SecurityOpt: ['no-new-privileges:true'],
		LogConfig: { Config: { 'max-size': '1m', 'max-file': '1' } },
	});
	const networks = await docker.engine.listNetworks({ filters });
	expect(networks.map(({ Name }) => Name)).toEqual([HostConfig.NetworkMode]);
	controller.abort(new Error('enough'));
	await expect(run).rejects.toThrow('enough');
	await expect.poll(() => docker.engine.listNetworks({ filters })).toEqual([]);
});

it('on volumes has no network, and reads what it may not write', async () => {
	const volume = `sh0-${instanceId}-test`;
	await docker.engine.createVolume({ Name: volume, Labels: { [LABEL.instance]: instanceId } });
	try {
		const on = (isReadOnly: boolean) => [{ volume, path: '/volume', isReadOnly }];
		const write = ['touch', '/volume/file'];
		await runInImage(docker, { image, on: on(false), commands: [write] });
		const outputs = await runInImage(docker, {
			image,
			on: on(true),
			commands: [
				['ls', '/volume'],
				['ls', '/sys/class/net'],
			],
		});
		expect(outputs).toEqual(['file\n', 'lo\n']);
		const refused = runInImage(docker, { image, on: on(true), commands: [write] });
		await expect(refused).rejects.toThrow('Read-only file system');
	} finally {
		await docker.engine.getVolume(volume).remove();
	}
});
