import { randomBytes } from 'node:crypto';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestDatabase } from '../db/testing';
import { DockerClient } from '../docker/client';
import { inspectImage } from '../docker/images';
import { loadEnv } from '../env';
import { createImageDigests } from './digests';
import { createImages } from './images';

const { dockerSocket, imagesDir } = loadEnv();
const docker = new DockerClient(dockerSocket);
const engine = `test-${randomBytes(6).toString('hex')}`;

let folder: string;
let database: ReturnType<typeof openTestDatabase>;

beforeAll(async () => {
	folder = await mkdtemp(join(tmpdir(), 'sh0-superseded-'));
	database = openTestDatabase();
	await mkdir(join(folder, 'images', engine), { recursive: true });
	await cp(join(imagesDir, 'base'), join(folder, 'images/base'), { recursive: true });
});
afterAll(async () => {
	for (const { Id } of await docker.engine.listImages({ filters: { reference: [`sh0/${engine}`] } })) {
		await docker.engine.getImage(Id).remove({ force: true });
	}
	database.remove();
	await rm(folder, { recursive: true });
});

/** As after an update of sh0 that brought another recipe. */
async function imagesOf(instruction: string) {
	const source = { repository: null, versions: { '1': { dockerfile: 'Dockerfile', suite: 'sid' } } };
	await writeFile(join(folder, 'images', engine, 'recipe.json'), JSON.stringify(source));
	const text = `ARG BASE\nFROM \${BASE}\nLABEL engine=${engine}\n${instruction}\n`;
	await writeFile(join(folder, 'images', engine, 'Dockerfile'), text);
	return createImages({
		docker,
		digests: createImageDigests(database.db),
		imagesDir: join(folder, 'images'),
		dataDir: join(folder, 'data'),
	});
}
const isHere = async (ref: string) => (await inspectImage(docker, ref)) !== undefined;

describe('an image built here of an older recipe', () => {
	it('stays while it is the newest, while somebody wants it, and while a container has it; then it goes', async () => {
		const old = await (await imagesOf('LABEL word=old')).buildImage({ engine, version: '1' });
		const images = await imagesOf('LABEL word=new');
		expect(await images.removeSuperseded(new Set())).toEqual([]);
		const { ref } = await images.buildImage({ engine, version: '1' });
		expect(ref).not.toBe(old.ref);
		expect(await images.removeSuperseded(new Set([old.ref]))).toEqual([]);
		const container = await docker.engine.createContainer({ Image: old.ref });
		try {
			expect(await images.removeSuperseded(new Set())).toEqual([]);
			expect(await isHere(old.ref)).toBe(true);
		} finally {
			await container.remove({ v: true });
		}
		expect(await images.removeSuperseded(new Set())).toEqual([old.ref]);
		expect(await isHere(old.ref)).toBe(false);
		expect(await isHere(ref)).toBe(true);
	});
});
