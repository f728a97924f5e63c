import { chmod, cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { engines } from '../engines';
import { loadEnv } from '../env';
import { loadPlans, type ImagePlan, type Recipe } from './recipes';

let folder: string;

beforeEach(async () => {
	folder = await mkdtemp(join(tmpdir(), 'sh0-recipes-'));
	await cp(loadEnv({}).imagesDir, folder, { recursive: true });
});

afterEach(() => rm(folder, { recursive: true }));

async function hashes(): Promise<Record<string, string>> {
	const found = (await loadPlans(folder)).flatMap(({ recipe }) => (recipe === null ? [] : [recipe]));
	return Object.fromEntries(found.map(({ name, hash }) => [name, hash]));
}

async function edit(path: string, change: (text: string) => string): Promise<void> {
	const file = join(folder, path);
	const text = await readFile(file, 'utf8');
	expect(change(text)).not.toBe(text);
	await writeFile(file, change(text));
}

const versionsOf = (engine: string, ...versions: number[]) =>
	versions.map((version) => `${engine}:${version}`);

function plan(plans: ImagePlan[], engine: string, version: string): ImagePlan {
	const found = plans.find((one) => one.engine === engine && one.version === version);
	if (found === undefined) throw new Error(`${engine} ${version} is not known`);
	return found;
}

function recipe(plans: ImagePlan[], version: string): Recipe {
	const found = plan(plans, 'postgres', version).recipe;
	if (found === null) throw new Error(`no recipe for PostgreSQL ${version}`);
	return found;
}

describe('loadPlans', () => {
	it('has PostgreSQL 14 to 18 with the official volume paths', async () => {
		const recipes = await loadPlans(folder);
		const versions = recipes.filter(({ engine }) => engine === 'postgres').map(({ version }) => version);
		expect(versions).toEqual(['14', '15', '16', '17', '18']);
		expect(recipe(recipes, '17').args['PG_VOLUME']).toBe('/var/lib/postgresql/data');
		expect(recipe(recipes, '18').args['PG_VOLUME']).toBe('/var/lib/postgresql');
		expect(recipe(recipes, '18').args['PG_DATA']).toBe('/var/lib/postgresql/18/docker');
	});

	it('names the local image after the official one and the recipe', async () => {
		const plans = await loadPlans(folder);
		const { ref, hash, base } = recipe(plans, '17');
		expect(plan(plans, 'postgres', '17').official).toEqual({ repository: 'postgres', ref: 'postgres:17' });
		expect(ref).toBe(`sh0/postgres:17-${hash.slice(0, 12)}`);
		expect(base.ref).toBe('sh0/debian:trixie-slim');
		expect(base.officialRef).toBe('debian:trixie-slim');
	});

	it('gives the same hashes for the same files in another folder', async () => {
		const before = await hashes();
		for (const { recipe } of await loadPlans(loadEnv({}).imagesDir)) {
			if (recipe !== null) expect(before[recipe.name]).toBe(recipe.hash);
		}
	});

	it('knows the official image of a version that has no recipe', async () => {
		expect(plan(await loadPlans(folder), 'mongodb', '8')).toEqual({
			engine: 'mongodb',
			version: '8',
			official: { repository: 'mongo', ref: 'mongo:8' },
			recipe: null,
		});
	});

	it('knows every version of every engine by the same official name', async () => {
		const named = engines.flatMap(({ id, versions }) =>
			versions.map(({ version, image }) => `${id} ${version} ${image ?? 'none'}`),
		);
		const known = (await loadPlans(folder)).map(
			({ engine, version, official }) => `${engine} ${version} ${official?.ref ?? 'none'}`,
		);
		expect(known.sort()).toEqual(named.sort());
	});

	it('changes no hash for an official tag or for how long a build takes', async () => {
		const before = await hashes();
		const path = join(folder, 'garage/recipe.json');
		await writeFile(path, (await readFile(path, 'utf8')).replace('v2.5.0', 'v2.6.0').replace('15', '20'));
		expect(await hashes()).toEqual(before);
		const changed = plan(await loadPlans(folder), 'garage', '2');
		expect(changed).toMatchObject({
			official: { ref: 'dxflrs/garage:v2.6.0' },
			recipe: { buildMinutes: 20 },
		});
	});

	it('refuses a version that can come from nowhere', async () => {
		const text = JSON.stringify({ repository: null, versions: { '8': null } });
		await writeFile(join(folder, 'mongodb/recipe.json'), text);
		await expect(loadPlans(folder)).rejects.toThrow('mongodb 8 can come from nowhere');
	});

	it.each([
		['an entrypoint line', 'postgres/docker-entrypoint.sh', versionsOf('postgres', 14, 15, 16, 17, 18)],
		["Debian's Dockerfile", 'postgres/debian.Dockerfile', versionsOf('postgres', 15, 17, 18)],
		['the Dockerfile for npm binaries', 'postgres/embedded.Dockerfile', versionsOf('postgres', 14, 16)],
		[
			'a file that two engines share',
			'shared/redis/docker-entrypoint.sh',
			[...versionsOf('redis', 7, 8), ...versionsOf('valkey', 8, 9)],
		],
	])('changes exactly the hashes that depend on %s', async (_what, path, changed) => {
		const before = await hashes();
		await edit(path, (text) => `${text}\n`);
		const after = await hashes();
		const different = Object.keys(before).filter((key) => before[key] !== after[key]);
		expect(different).toEqual(changed);
	});

	it('changes every hash with a setting of the base image', async () => {
		const before = await hashes();
		await edit('base/files/etc/apt/apt.conf.d/90sh0', (text) => `${text}\n`);
		const after = await hashes();
		expect(Object.keys(before).filter((key) => before[key] === after[key])).toEqual([]);
	});

	it('does not change a hash when only the packages to watch change', async () => {
		const before = await hashes();
		await edit('redis/recipe.json', (text) => text.replaceAll('"redis-tools"', '"libjemalloc2"'));
		expect(await hashes()).toEqual(before);
	});

	it('changes only the hash of the version whose recipe changed', async () => {
		const before = await hashes();
		await edit('postgres/recipe.json', (text) => text.replace('16.14.0-beta.17', '16.13.0-beta.17'));
		const after = await hashes();
		expect(Object.keys(before).filter((key) => before[key] !== after[key])).toEqual(['postgres:16']);
	});

	it('does not change a hash for layout and order in recipe.json', async () => {
		const before = await hashes();
		await edit('postgres/recipe.json', (text) => JSON.stringify(reversed(JSON.parse(text))));
		expect(await hashes()).toEqual(before);
	});

	it('changes the hash when a file becomes executable', async () => {
		const before = await hashes();
		await chmod(join(folder, 'postgres/docker-entrypoint.sh'), 0o644);
		expect((await hashes())['postgres:18']).not.toBe(before['postgres:18']);
	});

	it.each([
		['a path that leaves the folder', { dockerfile: '../Dockerfile', suite: 'sid' }],
		['an option as a package name', { dockerfile: 'a', suite: 'sid', npm: [npmPackage('--version')] }],
		[
			'a package of unknown content',
			{ dockerfile: 'a', suite: 'sid', npm: [{ ...npmPackage('a'), integrity: undefined }] },
		],
		['a field that it does not know', { dockerfile: 'a', suite: 'sid', image: 'x' }],
		['a suite without a base', { dockerfile: 'debian.Dockerfile', suite: 'woody' }],
	])('refuses a recipe with %s', async (_what, version) => {
		const text = JSON.stringify({ repository: 'postgres', versions: { '18': version } });
		await writeFile(join(folder, 'postgres/recipe.json'), text);
		await expect(loadPlans(folder)).rejects.toThrow();
	});
});

const anyIntegrity = `sha512-${'A'.repeat(86)}==`;

function npmPackage(name: string) {
	return { name, version: '1.0.0', integrity: anyIntegrity, architecture: 'x64', as: 'a.tgz' };
}

function reversed(value: unknown): unknown {
	if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
	return Object.fromEntries(
		Object.entries(value)
			.reverse()
			.map(([key, inner]) => [key, reversed(inner)]),
	);
}
