import { createHash, type Hash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

/** The label that carries a recipe's hash on every image built here. */
export const RECIPE_LABEL = 'sh0.recipe';

const name = z.string().regex(/^[a-z0-9][a-z0-9._-]*$/);
const relativePath = z.string().regex(/^(?!.*\.\.)[A-Za-z0-9_][A-Za-z0-9_./-]*$/);

const npmPackageSchema = z.strictObject({
	name: z.string().regex(/^(@[a-z0-9-]+\/)?[a-z0-9][a-z0-9._-]*$/),
	version: z.string().regex(/^[0-9][0-9A-Za-z.+-]*$/),
	/** SHA-512 of the package's archive, as registries and lock files write it. */
	integrity: z.string().regex(/^sha512-[A-Za-z0-9+/]{86}==$/),
	/** As Node names it: the package holds binaries for this one only. */
	architecture: z.enum(['x64', 'arm64']),
	/** File name of the package's archive in the build context. */
	as: relativePath,
});

const versionRecipeSchema = z.strictObject({
	dockerfile: relativePath,
	/** Debian suite of the base image. */
	suite: name,
	args: z.record(z.string().regex(/^[A-Z][A-Z0-9_]*$/), z.string()).default({}),
	npm: z.array(npmPackageSchema).default([]),
});

const engineRecipeSchema = z.strictObject({
	/** Name of the official image, with its registry unless that is Docker's default. */
	repository: z.string().regex(/^[a-z0-9][a-z0-9._:/-]*$/),
	versions: z.record(name, versionRecipeSchema),
});

const baseRecipeSchema = z.strictObject({
	suites: z.record(name, z.strictObject({ updates: z.boolean() })),
	remove: z.array(relativePath),
	recreate: z.array(relativePath),
});

export type NpmPackage = z.infer<typeof npmPackageSchema>;

/** How the base image of one Debian suite is made. */
export type BaseRecipe = {
	suite: string;
	/** Local name, such as `sh0/debian:trixie-slim`. */
	ref: string;
	/** Official name, such as `debian:trixie-slim`. */
	officialRef: string;
	hash: string;
	folder: string;
	/** Whether the suite has updates and security archives of its own. */
	updates: boolean;
	/** Paths taken out of the finished tree, and folders made again empty. */
	remove: string[];
	recreate: string[];
};

/** How one version of one engine is built here. */
export type Recipe = {
	engine: string;
	version: string;
	/** Name of the official image without its tag. */
	repository: string;
	/** Official name, such as `postgres:17`. */
	officialRef: string;
	/** Local name, such as `sh0/postgres:17-0123456789ab`. */
	ref: string;
	hash: string;
	folder: string;
	dockerfile: string;
	args: Record<string, string>;
	npm: NpmPackage[];
	base: BaseRecipe;
};

/** Every recipe under `folder`, by engine and then version. Throws when a recipe is not of the right form. */
export async function loadRecipes(folder: string): Promise<Recipe[]> {
	const recipes: Recipe[] = [];
	for (const entry of await readdir(folder, { withFileTypes: true })) {
		if (!entry.isDirectory() || entry.name === 'base') continue;
		recipes.push(...(await loadEngine(folder, entry.name)));
	}
	return recipes.sort((a, b) => a.engine.localeCompare(b.engine) || Number(a.version) - Number(b.version));
}

async function loadEngine(root: string, engine: string): Promise<Recipe[]> {
	const folder = join(root, engine);
	const source = engineRecipeSchema.parse(await readJson(join(folder, 'recipe.json')));
	const recipes: Recipe[] = [];
	for (const [version, recipe] of Object.entries(source.versions)) {
		const base = await loadBase(root, recipe.suite);
		const hash = createHash('sha256');
		update(hash, base.hash, JSON.stringify(recipe, sortedKeys));
		await updateWithFolder(hash, folder, (path) => isPartOf(recipe.dockerfile, path));
		const digest = hash.digest('hex');
		recipes.push({
			engine,
			version,
			repository: source.repository,
			officialRef: `${source.repository}:${version}`,
			ref: `sh0/${engine}:${version}-${digest.slice(0, 12)}`,
			hash: digest,
			folder,
			dockerfile: recipe.dockerfile,
			args: recipe.args,
			npm: recipe.npm,
			base,
		});
	}
	return recipes;
}

async function loadBase(root: string, suite: string): Promise<BaseRecipe> {
	const folder = join(root, 'base');
	const { suites, remove, recreate } = baseRecipeSchema.parse(await readJson(join(folder, 'recipe.json')));
	const options = suites[suite];
	if (options === undefined) throw new Error(`images/base/recipe.json has no suite ${suite}`);
	const hash = createHash('sha256');
	update(hash, suite, JSON.stringify({ ...options, remove, recreate }, sortedKeys));
	await updateWithFolder(hash, folder, (path) => path !== 'recipe.json');
	return {
		suite,
		ref: `sh0/debian:${suite}-slim`,
		officialRef: `debian:${suite}-slim`,
		hash: hash.digest('hex'),
		folder,
		updates: options.updates,
		remove,
		recreate,
	};
}

/** A version's hash covers its own Dockerfile only, so that a change to one version does not rebuild the others. */
function isPartOf(dockerfile: string, path: string): boolean {
	if (path === 'recipe.json') return false;
	return path === dockerfile || !path.endsWith('Dockerfile');
}

async function readJson(path: string): Promise<unknown> {
	return JSON.parse(await readFile(path, 'utf8'));
}

/** Adds every wanted file below `folder`: path, whether it is executable, and content. */
async function updateWithFolder(
	hash: Hash,
	folder: string,
	isWanted: (path: string) => boolean,
): Promise<void> {
	const entries = await readdir(folder, { recursive: true, withFileTypes: true });
	const paths: string[] = [];
	for (const entry of entries) {
		const path = join(entry.parentPath, entry.name).slice(folder.length + 1);
		if (entry.isFile() && isWanted(path)) paths.push(path);
	}
	for (const path of paths.sort()) {
		const { mode } = await stat(join(folder, path));
		update(hash, path, (mode & 0o100) === 0 ? 'plain' : 'executable', await readFile(join(folder, path)));
	}
}

/** Length before content, so that no two lists of parts have the same bytes. */
function update(hash: Hash, ...parts: (string | Buffer)[]): void {
	for (const part of parts) hash.update(`${Buffer.byteLength(part)}:`).update(part);
}

function sortedKeys(_key: string, value: unknown): unknown {
	if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
	return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
