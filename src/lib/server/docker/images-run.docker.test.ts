import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { loadEnv } from '../env';
import { createImages } from '../images';
import { DockerClient } from './client';
import { runInImage } from './images-run';

const { dockerSocket, imagesDir } = loadEnv();
const docker = new DockerClient(dockerSocket);
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
	const run = runInImage(docker, { image, commands: [['ls', '/no such folder'], ['true']] });
	await expect(run).rejects.toMatchObject({
		name: 'ProgramInImageError',
		message: expect.stringContaining('ls /no such folder ended with 2: ls: cannot access'),
	});
	await expect.poll(containers).toBe(0);
});

it('stops at once when it is told to, and leaves nothing behind', async () => {
	const controller = new AbortController();
	const run = runInImage(docker, { image, commands: [['sleep', '60']], signal: controller.signal });
	setTimeout(() => controller.abort(new Error('enough')), 1_500);
	await expect(run).rejects.toThrow('enough');
	await expect.poll(containers).toBe(0);
});
