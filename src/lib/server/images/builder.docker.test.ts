import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DockerClient } from '../docker/client';
import { loadEnv } from '../env';
import { buildFromRecipe, type BuildStep } from './builder';
import { debootstrap } from './debootstrap';
import { loadPlans, type Recipe } from './recipes';

const { dockerSocket, imagesDir } = loadEnv();
const docker = new DockerClient(dockerSocket);

let folder: string;
let engine: string;

beforeEach(async () => {
	folder = await mkdtemp(join(tmpdir(), 'sh0-builder-'));
	engine = `test-${randomBytes(6).toString('hex')}`;
	await mkdir(join(folder, 'images', engine), { recursive: true });
	await cp(join(imagesDir, 'base'), join(folder, 'images/base'), { recursive: true });
});

afterEach(async () => {
	for (const { Id } of await docker.engine.listImages({ filters: { reference: [`sh0/${engine}`] } })) {
		await docker.engine.getImage(Id).remove({ force: true });
	}
	await rm(folder, { recursive: true });
});

async function recipeWith(instructions: string): Promise<Recipe> {
	const source = { repository: engine, versions: { '1': { dockerfile: 'Dockerfile', suite: 'sid' } } };
	await writeFile(join(folder, 'images', engine, 'recipe.json'), JSON.stringify(source));
	await writeFile(join(folder, 'images', engine, 'Dockerfile'), `ARG BASE\nFROM \${BASE}\n${instructions}\n`);
	const [plan] = await loadPlans(join(folder, 'images'));
	if (!plan?.recipe) throw new Error('the recipe was not read');
	return plan.recipe;
}

const workFolder = () => join(folder, 'work');

async function containersRunning(text: string): Promise<number> {
	const all = await docker.engine.listContainers({ all: true });
	return all.filter(({ Command }) => Command.includes(text)).length;
}

describe('buildFromRecipe', () => {
	it('counts steps up to the end, and does nothing the second time', async () => {
		const recipe = await recipeWith('RUN echo one\nRUN echo two');
		const steps: BuildStep[] = [];
		const options = { workFolder: workFolder(), onProgress: (step: BuildStep) => void steps.push(step) };
		const image = await buildFromRecipe(docker, recipe, options);
		expect(image.labels['sh0.recipe']).toBe(recipe.hash);
		expect(steps.map(({ line }) => line)).toEqual(expect.arrayContaining(['one', 'two']));
		const done = steps.map((step) => step.done);
		expect(done).toEqual([...done].sort((a, b) => a - b));
		expect(steps.every((step) => step.done < step.total)).toBe(true);
		expect(await readdir(workFolder())).toEqual([]);

		steps.length = 0;
		expect((await buildFromRecipe(docker, recipe, options)).id).toBe(image.id);
		expect(steps).toEqual([]);
	});

	it('does not take an image of another recipe for its own', async () => {
		const first = await buildFromRecipe(docker, await recipeWith('RUN echo one'), {
			workFolder: workFolder(),
		});
		const second = await buildFromRecipe(docker, await recipeWith('RUN echo two'), {
			workFolder: workFolder(),
		});
		expect(second.id).not.toBe(first.id);
	});

	it('fails with the last lines of output and leaves nothing behind', async () => {
		const recipe = await recipeWith('RUN echo no such package >&2 && exit 7');
		await expect(buildFromRecipe(docker, recipe, { workFolder: workFolder() })).rejects.toMatchObject({
			code: 'IMAGE_BUILD_FAILED',
			message: expect.stringContaining('no such package'),
		});
		expect(await readdir(workFolder())).toEqual([]);
		expect(await containersRunning('no such package')).toBe(0);
	});

	it('stops in the middle when it is told to, leaves nothing behind, and works at the next try', async () => {
		const pause = `sleep 60.${engine.slice(5, 9).replaceAll(/[a-f]/g, '1')}`;
		const recipe = await recipeWith(`RUN test -e /etc/apt/skip || (echo waiting && ${pause})`);
		const controller = new AbortController();
		const build = buildFromRecipe(docker, recipe, {
			workFolder: workFolder(),
			signal: controller.signal,
			onProgress: ({ line }) => {
				if (line === 'waiting') controller.abort(new Error('enough'));
			},
		});
		await expect(build).rejects.toThrow('enough');
		expect(await readdir(workFolder())).toEqual([]);
		await expect.poll(() => containersRunning(pause), { timeout: 30_000 }).toBe(0);

		const next = await recipeWith('RUN echo one');
		expect((await buildFromRecipe(docker, next, { workFolder: workFolder() })).labels['sh0.recipe']).toBe(
			next.hash,
		);
	});

	it('clears what a killed process left in the work folder, and only that', async () => {
		await mkdir(join(workFolder(), 'sh0-image-999999999-abc', 'base'), { recursive: true });
		await mkdir(join(workFolder(), `sh0-image-${process.pid}-other`), { recursive: true });
		await mkdir(join(workFolder(), 'something-else'), { recursive: true });
		await buildFromRecipe(docker, await recipeWith('RUN echo one'), { workFolder: workFolder() });
		expect((await readdir(workFolder())).sort()).toEqual([
			`sh0-image-${process.pid}-other`,
			'something-else',
		]);
	});
});

describe('debootstrap', () => {
	it('leaves no mount and no process when it is stopped', async () => {
		const { base } = await recipeWith('RUN echo one');
		const target = join(folder, 'tree');
		const controller = new AbortController();
		const work = debootstrap(base, target, {
			signal: controller.signal,
			onLine: (line) => {
				if (line.includes('Retrieving')) controller.abort(new Error('enough'));
			},
		});
		await expect(work).rejects.toThrow('enough');
		expect(await readFile('/proc/mounts', 'utf8')).not.toContain(folder);
		await expect.poll(() => processesWith(target), { timeout: 30_000 }).toEqual([]);
	});
});

async function processesWith(argument: string): Promise<string[]> {
	const commands = await Promise.all(
		(await readdir('/proc'))
			.filter((name) => /^\d+$/.test(name))
			.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')),
	);
	return commands.filter((command) => command.includes(argument));
}
