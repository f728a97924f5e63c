import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { RecipeHash } from './recipe-hash';
import { baseRecipeSchema, engineRecipeSchema, type NpmPackage, type VersionRecipe } from './recipe-schema';

/** The label that carries a recipe's hash on every image built here. */
export const RECIPE_LABEL = 'sh0.recipe';

/** Folders beside those of the engines. */
const notEngines = ['base', 'shared'];

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
	/** Days from their signing for which the suite's lists are good even when they say less; null: what they say holds. */
	validForDays: number | null;
	/** Paths taken out of the finished tree, and folders made again empty. */
	remove: string[];
	recreate: string[];
};

/** How one version of one engine is built here. */
export type Recipe = {
	/** Engine and version, such as `postgres:17`. */
	name: string;
	/** Local name, such as `sh0/postgres:17-0123456789ab`. */
	ref: string;
	hash: string;
	/** Their files make the build context; a later folder's file replaces one of the same name. */
	folders: string[];
	dockerfile: string;
	args: Record<string, string>;
	npm: NpmPackage[];
	/** The only processors that it can be built for, as Node names them; empty when any will do. */
	architectures: string[];
	/** Whether a step downloads over TLS. */
	needsCertificates: boolean;
	/** Debian packages that the engine itself is made of. */
	packages: string[];
	/** About how long it takes on two processors; null: a few minutes. */
	buildMinutes: number | null;
	base: BaseRecipe;
};

export type OfficialImage = {
	/** The image's name without its tag. */
	repository: string;
	/** Such as `postgres:17`. */
	ref: string;
};

/** Where the image of one version of one engine can come from; at least one of the two is there. */
export type ImagePlan = {
	engine: string;
	version: string;
	official: OfficialImage | null;
	recipe: Recipe | null;
};

/** What is known under `folder`, by engine and then version. Throws when a recipe is not of the right form. */
export async function loadPlans(folder: string): Promise<ImagePlan[]> {
	const plans: ImagePlan[] = [];
	for (const entry of await readdir(folder, { withFileTypes: true })) {
		if (!entry.isDirectory() || notEngines.includes(entry.name)) continue;
		plans.push(...(await loadEngine(folder, entry.name)));
	}
	const byNumber = new Intl.Collator('en', { numeric: true });
	return plans.sort((a, b) => byNumber.compare(a.engine, b.engine) || byNumber.compare(a.version, b.version));
}

async function loadEngine(root: string, engine: string): Promise<ImagePlan[]> {
	const folder = join(root, engine);
	const { repository, shared = [], versions } = engineRecipeSchema.parse(await readJson(folder));
	const folders = [...shared.map((name) => join(root, 'shared', name)), folder];
	const plans: ImagePlan[] = [];
	for (const [version, source] of Object.entries(versions)) {
		const official =
			repository === null ? null : { repository, ref: `${repository}:${source?.tag ?? version}` };
		if (official === null && source === null) throw new Error(`${engine} ${version} can come from nowhere`);
		const recipe = source === null ? null : await loadRecipe(root, `${engine}:${version}`, source, folders);
		plans.push({ engine, version, official, recipe });
	}
	return plans;
}

async function loadRecipe(
	root: string,
	name: string,
	source: VersionRecipe,
	folders: string[],
): Promise<Recipe> {
	const { packages = [], buildMinutes = null, tag: _tag, ...built } = source;
	const base = await loadBase(root, source.suite);
	const hash = new RecipeHash().text(base.hash).value(built);
	for (const folder of folders) await hash.folder(folder, (path) => isPartOf(source.dockerfile, path));
	const digest = hash.digest();
	return {
		name,
		ref: `sh0/${name}-${digest.slice(0, 12)}`,
		hash: digest,
		folders,
		dockerfile: source.dockerfile,
		args: source.args,
		npm: source.npm,
		architectures: [source.architecture, ...source.npm.map((wanted) => wanted.architecture)].filter(
			(one) => one !== undefined,
		),
		needsCertificates: source.certificates ?? false,
		packages,
		buildMinutes,
		base,
	};
}

async function loadBase(root: string, suite: string): Promise<BaseRecipe> {
	const folder = join(root, 'base');
	const { suites, remove, recreate } = baseRecipeSchema.parse(await readJson(folder));
	const options = suites[suite];
	if (options === undefined) throw new Error(`images/base/recipe.json has no suite ${suite}`);
	const hash = new RecipeHash().text(suite).value({ ...options, remove, recreate });
	await hash.folder(folder, (path) => path !== 'recipe.json');
	return {
		suite,
		ref: `sh0/debian:${suite}-slim`,
		officialRef: `debian:${suite}-slim`,
		hash: hash.digest(),
		folder,
		updates: options.updates,
		validForDays: options.validForDays ?? null,
		remove,
		recreate,
	};
}

/** A version's hash covers its own Dockerfile only, so that a change to one version does not rebuild the others. */
function isPartOf(dockerfile: string, path: string): boolean {
	if (path === 'recipe.json') return false;
	return path === dockerfile || !path.endsWith('Dockerfile');
}

async function readJson(folder: string): Promise<unknown> {
	return JSON.parse(await readFile(join(folder, 'recipe.json'), 'utf8'));
}
