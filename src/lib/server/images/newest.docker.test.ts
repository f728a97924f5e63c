import { randomBytes } from 'node:crypto';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openTestDatabase } from '../db/testing';
import { DockerClient } from '../docker/client';
import { inspectImage } from '../docker/images';
import { loadEnv } from '../env';
import { createImageDigests } from './digests';
import { FakeRegistry } from './fake-registry';
import { createImages } from './images';

const { dockerSocket, imagesDir } = loadEnv();
const docker = new DockerClient(dockerSocket);

let registry: FakeRegistry;
let folder: string;
let engine: string;
let database: ReturnType<typeof openTestDatabase>;

beforeEach(async () => {
	registry = await FakeRegistry.start();
	folder = await mkdtemp(join(tmpdir(), 'sh0-newest-'));
	engine = `test-${randomBytes(6).toString('hex')}`;
	database = openTestDatabase();
	await mkdir(join(folder, 'images', engine), { recursive: true });
	await cp(join(imagesDir, 'base'), join(folder, 'images/base'), { recursive: true });
});

afterEach(async () => {
	for (const reference of [repository(), `sh0/${engine}`]) {
		for (const { Id } of await docker.engine.listImages({ filters: { reference: [reference] } })) {
			await docker.engine.getImage(Id).remove({ force: true });
		}
	}
	await registry.stop();
	database.remove();
	await rm(folder, { recursive: true });
});

const repository = () => `${registry.host}/sh0-test`;
const wanted = () => ({ engine, version: '1' });

/** As after a restart of the panel. */
function freshImages() {
	return createImages({
		docker,
		digests: createImageDigests(database.db),
		imagesDir: join(folder, 'images'),
		dataDir: join(folder, 'data'),
	});
}

async function recipeWith(instructions: string, fields: Record<string, unknown> = {}): Promise<void> {
	const version = { dockerfile: 'Dockerfile', suite: 'sid', ...fields };
	const source = { repository: repository(), versions: { '1': version } };
	await writeFile(join(folder, 'images', engine, 'recipe.json'), JSON.stringify(source));
	await writeFile(
		join(folder, 'images', engine, 'Dockerfile'),
		`ARG BASE\nFROM \${BASE}\nRUN echo ${engine}\n${instructions}\n`,
	);
}

/** Large enough that the engine tells of the download before it is over. */
async function publish(): Promise<string> {
	const content = await mkdtemp(join(folder, 'layer-'));
	await writeFile(join(content, 'content'), randomBytes(8_000_000));
	return registry.publish('1', content);
}

describe('an image from a registry', () => {
	beforeEach(() => recipeWith(''));

	it('has nothing newer while its tag stays', async () => {
		const digest = await publish();
		const images = freshImages();
		expect(await images.resolveImage(wanted())).toMatchObject({ digest });
		expect(await images.findNewer({ ...wanted(), digest })).toBeNull();
		expect(await images.resolveNewest({ ...wanted(), digest })).toMatchObject({ digest });
	});

	it('is followed by what the tag stands for now, also when it was asked a moment ago', async () => {
		const first = await publish();
		const images = freshImages();
		const old = await images.resolveImage(wanted());
		const second = await publish();
		expect(await images.findNewer({ ...wanted(), digest: first })).toEqual({
			origin: 'registry',
			reason: 'tag',
			packages: [],
		});
		expect(await freshImages().resolveImage(wanted())).toMatchObject({ digest: first });

		const totals: number[] = [];
		const newer = await images.resolveNewest({
			...wanted(),
			digest: first,
			onProgress: ({ total }) => totals.push(total),
		});
		expect(newer).toEqual({ origin: 'registry', ref: `${repository()}@${second}`, digest: second });
		expect(totals.length).toBeGreaterThan(0);
		expect(await inspectImage(docker, old.ref)).toBeDefined();
		expect(await freshImages().resolveImage(wanted())).toEqual(newer);

		await docker.engine.getImage(old.ref).remove({ force: true });
		expect(await freshImages().resolveImage({ ...wanted(), ref: old.ref })).toEqual(old);
		expect(await freshImages().resolveImage(wanted())).toEqual(newer);
	});

	it('is not replaced by one built here when the registry is silent', async () => {
		const digest = await publish();
		const images = freshImages();
		await images.resolveImage(wanted());
		registry.isSilent = true;
		const refused = { code: 'IMAGE_UNAVAILABLE' };
		await expect(images.findNewer({ ...wanted(), digest })).rejects.toMatchObject(refused);
		await expect(images.resolveNewest({ ...wanted(), digest })).rejects.toMatchObject(refused);
	});
});

describe('an image built here', () => {
	it('has nothing newer while recipe and packages stay, and is not replaced by an official one', async () => {
		await recipeWith('', { packages: ['bash'] });
		const images = freshImages();
		const { digest, ref } = await images.buildImage(wanted());
		await publish();
		expect(await images.findNewer({ ...wanted(), digest })).toBeNull();
		expect(await images.resolveNewest({ ...wanted(), digest })).toEqual({ origin: 'built', ref, digest });
	});

	it('is followed by the one of a new recipe, and stays what it is', async () => {
		await recipeWith('RUN echo one');
		const old = await freshImages().buildImage(wanted());
		await recipeWith('RUN echo two');
		const images = freshImages();
		expect(await images.findNewer({ ...wanted(), digest: old.digest })).toMatchObject({ reason: 'recipe' });
		const newer = await images.resolveNewest({ ...wanted(), digest: old.digest });
		expect(newer.ref).not.toBe(old.ref);
		expect(await images.findNewer({ ...wanted(), digest: newer.digest })).toBeNull();
		expect((await inspectImage(docker, old.ref))?.id).toBe(old.digest);
	});

	it('is followed by one with newer packages, under a name of its own', async () => {
		const pretend = String.raw`RUN sed -i '/^Package: bash$/,/^$/s/^Version: .*/Version: 5.0-1/' /var/lib/dpkg/status`;
		await recipeWith(pretend, { packages: ['bash'] });
		const images = freshImages();
		const old = await images.buildImage(wanted());
		expect(await images.findNewer({ ...wanted(), digest: old.digest })).toEqual({
			origin: 'built',
			reason: 'packages',
			packages: [{ name: 'bash', installed: '5.0-1', candidate: expect.stringMatching(/^5\.[1-9]/) }],
		});
		const newer = await images.resolveNewest({ ...wanted(), digest: old.digest });
		expect(newer.ref).toMatch(new RegExp(`^${old.ref}-\\d{8}t\\d{6}$`));
		expect(newer.digest).not.toBe(old.digest);
		expect((await inspectImage(docker, old.ref))?.id).toBe(old.digest);
		expect(await images.findNewer({ ...wanted(), digest: old.digest })).toMatchObject({ packages: [] });
		expect(await freshImages().buildImage(wanted())).toEqual(newer);

		await docker.engine.getImage(old.ref).remove({ force: true });
		expect(await freshImages().resolveImage({ ...wanted(), ref: old.ref })).toMatchObject({ ref: old.ref });
		expect(await freshImages().buildImage(wanted())).toEqual(newer);
	});

	it('is built again when it is gone from this machine and no registry answers', async () => {
		await recipeWith('RUN echo one');
		registry.isSilent = true;
		const images = freshImages();
		const digest = `sha256:${'0'.repeat(64)}`;
		expect(await images.findNewer({ ...wanted(), digest })).toMatchObject({ reason: 'recipe' });
		expect(await images.resolveNewest({ ...wanted(), digest })).toMatchObject({ origin: 'built' });
	});
});
