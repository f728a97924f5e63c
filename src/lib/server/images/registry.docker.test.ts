import { randomBytes } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openTestDatabase } from '../db/testing';
import { DockerClient } from '../docker/client';
import { inspectImage, pullImage } from '../docker/images';
import { loadEnv } from '../env';
import { createImageDigests } from './digests';
import { FakeRegistry } from './fake-registry';
import { createImages } from './images';

const { dockerSocket, imagesDir } = loadEnv();
const docker = new DockerClient(dockerSocket);
const wanted = { engine: 'example', version: '1' };

let registry: FakeRegistry;
let folder: string;
let database: ReturnType<typeof openTestDatabase>;

beforeEach(async () => {
	registry = await FakeRegistry.start();
	folder = await mkdtemp(join(tmpdir(), 'sh0-registry-'));
	database = openTestDatabase();
	await mkdir(join(folder, 'images/example'), { recursive: true });
	await cp(join(imagesDir, 'base'), join(folder, 'images/base'), { recursive: true });
	const recipe = { repository: repository(), versions: { '1': { dockerfile: 'Dockerfile', suite: 'sid' } } };
	await writeFile(join(folder, 'images/example/recipe.json'), JSON.stringify(recipe));
	await writeFile(join(folder, 'images/example/Dockerfile'), 'ARG BASE\nFROM ${BASE}\n');
});

afterEach(async () => {
	for (const image of await docker.engine.listImages({ filters: { reference: [repository()] } })) {
		await docker.engine.getImage(image.Id).remove({ force: true });
	}
	await registry.stop();
	database.remove();
	await rm(folder, { recursive: true });
});

function repository(): string {
	return `${registry.host}/sh0-test`;
}

/** As after a restart of the panel: nothing is remembered but what is in the database. */
function freshImages() {
	return createImages({
		docker,
		digests: createImageDigests(database.db),
		imagesDir: join(folder, 'images'),
		dataDir: join(folder, 'data'),
	});
}

async function publish(bytes = 1_000): Promise<string> {
	const content = await mkdtemp(join(folder, 'layer-'));
	await writeFile(join(content, 'content'), randomBytes(bytes));
	return registry.publish('1', content);
}

/** Sends the content so slowly that it takes minutes. */
function drip(response: ServerResponse, content: Buffer): void {
	let sent = 0;
	const timer = setInterval(() => {
		response.write(content.subarray(sent, sent + 500));
		sent += 500;
	}, 50);
	response.once('close', () => clearInterval(timer));
}

async function removePulled(ref: string): Promise<void> {
	await docker.engine.getImage(ref).remove({ force: true });
}

describe('an official image from a registry', () => {
	it('is pulled by digest, with its bytes counted, and is present from then on', async () => {
		const digest = await publish(3_000_000);
		const images = freshImages();
		expect(await images.availability(wanted)).toBe('pullable');
		const totals: number[] = [];
		const image = await images.resolveImage(wanted, {
			onProgress: ({ unit, total }) => totals.push(unit === 'bytes' ? total : Number.NaN),
		});
		expect(image).toEqual({ origin: 'registry', ref: `${repository()}@${digest}`, digest });
		expect(totals.at(-1)).toBeGreaterThan(2_900_000);
		expect(await inspectImage(docker, image.ref)).toBeDefined();
		expect(await images.availability(wanted)).toBe('present');
		expect(await freshImages().listImages()).toMatchObject([{ origin: 'registry', availability: 'present' }]);
	});

	it('stays the one of the first pull when the tag moves on', async () => {
		const first = await publish();
		const image = await freshImages().resolveImage(wanted);
		await removePulled(image.ref);
		expect(await publish()).not.toBe(first);
		expect((await freshImages().resolveImage(wanted)).digest).toBe(first);
	});

	it('is pulled once for two callers at once', async () => {
		await publish();
		let downloads = 0;
		registry.onBlob((_response, blob) => {
			if (blob.content.length > 500) downloads += 1;
			return false;
		});
		const images = freshImages();
		const [one, two] = await Promise.all([images.resolveImage(wanted), images.resolveImage(wanted)]);
		expect(one).toEqual(two);
		expect(downloads).toBe(1);
	});

	it('fails cleanly when the registry loses a layer, records nothing, and works at the next try', async () => {
		const digest = await publish();
		registry.onBlob((response, blob) => {
			if (blob.content.length <= 500) return false;
			response.writeHead(404).end();
			return true;
		});
		await expect(freshImages().resolveImage(wanted)).rejects.toMatchObject({ code: 'IMAGE_PULL_FAILED' });
		expect(createImageDigests(database.db).find(`${repository()}:1`)).toBeUndefined();
		registry.onBlob(() => false);
		expect((await freshImages().resolveImage(wanted)).digest).toBe(digest);
	});

	it('stops half-way when it is told to, and works at the next try', async () => {
		const digest = await publish(2_000_000);
		const controller = new AbortController();
		const hasStopped = new Promise<void>((resolve) => {
			registry.onBlob((response, blob) => {
				if (blob.content.length < 1_000_000) return false;
				response.writeHead(200, { 'content-length': blob.content.length });
				drip(response, blob.content);
				response.once('close', resolve);
				setTimeout(() => controller.abort(new Error('enough')), 300);
				return true;
			});
		});
		const pull = freshImages().resolveImage(wanted, { signal: controller.signal });
		await expect(pull).rejects.toThrow('enough');
		await hasStopped;
		expect(createImageDigests(database.db).find(`${repository()}:1`)).toBeUndefined();
		registry.onBlob(() => false);
		expect((await freshImages().resolveImage(wanted)).digest).toBe(digest);
	});

	it('fails when the registry falls silent', async () => {
		const digest = await publish(2_000_000);
		const stalled: ServerResponse[] = [];
		registry.onBlob((response, blob) => {
			if (blob.content.length < 1_000_000) return false;
			response.writeHead(200, { 'content-length': blob.content.length });
			response.write(blob.content.subarray(0, 600_000));
			stalled.push(response);
			return true;
		});
		const pull = pullImage(docker, `${repository()}@${digest}`, { silenceLimitMs: 500 });
		await expect(pull).rejects.toThrow('stood still');
		for (const response of stalled) response.destroy();
	});

	it('goes on where the connection broke off in the middle of a layer', async () => {
		const digest = await publish(2_000_000);
		let cuts = 0;
		registry.onBlob((response, blob) => {
			if (blob.content.length < 1_000_000 || cuts > 0) return false;
			cuts += 1;
			response.writeHead(200, { 'content-length': blob.content.length });
			response.write(blob.content.subarray(0, 600_000), () => response.destroy());
			return true;
		});
		expect((await freshImages().resolveImage(wanted)).digest).toBe(digest);
		expect(cuts).toBe(1);
	});
});

describe('an engine version that is in no recipe', () => {
	it('is refused', async () => {
		const images = freshImages();
		await expect(images.resolveImage({ engine: 'example', version: '2' })).rejects.toMatchObject({
			code: 'ENGINE_VERSION_UNKNOWN',
		});
	});
});

describe('a Docker Engine that is away', () => {
	it('leaves the availability unknown', async () => {
		const images = createImages({
			docker: new DockerClient(join(folder, 'no.sock')),
			digests: createImageDigests(database.db),
			imagesDir: join(folder, 'images'),
			dataDir: join(folder, 'data'),
		});
		expect(await images.availability(wanted)).toBe('unknown');
		await expect(images.resolveImage(wanted)).rejects.toMatchObject({ code: 'DOCKER_UNAVAILABLE' });
	});
});
