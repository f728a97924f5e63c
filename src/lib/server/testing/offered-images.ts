import { randomUUID } from 'node:crypto';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Container } from 'dockerode';
import { loadEnv } from '../env';
import type { ImageWanted } from '../images';
import { engineRecipeSchema } from '../images/recipe-schema';
import { loadPlans, RECIPE_LABEL, type Recipe } from '../images/recipes';
import { OtherImages } from './another-image';
import { testDocker } from './test-docker';

/** For a panel with `imagesDir` as its `SH0_IMAGES_DIR`: which image of one version is the newest is up to the test. */
export class OfferedImages {
	readonly imagesDir: string;
	readonly #recipe: Recipe;
	/** The one that is here for every other panel. */
	readonly #original: string;
	/** Keeps the original: to this panel it is a superseded one. */
	readonly #keeper: Container;
	readonly #engine = testDocker().docker.client.engine;
	readonly #others = new OtherImages(testDocker().docker.client);
	readonly #names: string[] = [];

	private constructor(given: { imagesDir: string; recipe: Recipe; original: string; keeper: Container }) {
		this.imagesDir = given.imagesDir;
		this.#recipe = given.recipe;
		this.#original = given.original;
		this.#keeper = given.keeper;
	}

	static async of(wanted: ImageWanted): Promise<OfferedImages> {
		const { docker, images } = testDocker();
		const { ref: original } = await images.resolveImage(wanted);
		const keeper = await docker.client.engine.createContainer({ Image: original });
		const imagesDir = await mkdtemp(join(tmpdir(), 'sh0-recipes-'));
		await cp(loadEnv({}).imagesDir, imagesDir, { recursive: true });
		const recipe = await changeRecipe(imagesDir, wanted);
		return new OfferedImages({ imagesDir, recipe, original, keeper });
	}

	/** An image like the original but for `changes`, as in a Dockerfile; gives its digest. */
	async make(...changes: string[]): Promise<string> {
		const label = `LABEL ${RECIPE_LABEL}=${this.#recipe.hash}`;
		return (await this.#others.like(this.#original, label, ...changes)).digest;
	}

	/** From now on the newest there is; its name is none that panels take for one of a superseded image. */
	async offer(digest: string): Promise<void> {
		const name = `${this.#recipe.ref}-test${String(this.#names.length).padStart(4, '0')}`;
		const [repo = '', tag = ''] = name.split(':');
		await this.#engine.getImage(digest).tag({ repo, tag });
		this.#names.push(name);
	}

	async remove(): Promise<void> {
		for (const name of this.#names) await this.#engine.getImage(name).remove({ force: true });
		await this.#others.remove();
		await this.#keeper.remove({ v: true });
		await rm(this.imagesDir, { recursive: true });
	}
}

/** Changes the recipe of what is wanted, as an update of sh0 does, to one that no registry and no mirror is asked about. */
export async function changeRecipe(imagesDir: string, wanted: ImageWanted): Promise<Recipe> {
	const file = join(imagesDir, wanted.engine, 'recipe.json');
	const source = engineRecipeSchema.parse(JSON.parse(await readFile(file, 'utf8')));
	const version = source.versions[wanted.version];
	if (!version) throw new Error(`no recipe of ${wanted.engine} ${wanted.version}`);
	version.args = { ...version.args, CHANGE: randomUUID() };
	version.packages = [];
	await writeFile(file, JSON.stringify({ ...source, repository: null }));
	const plans = await loadPlans(imagesDir);
	const plan = plans.find((one) => one.engine === wanted.engine && one.version === wanted.version);
	if (!plan?.recipe) throw new Error('no recipe');
	return plan.recipe;
}
