import type { ImageOrigin } from '$lib/shared/services';
import { inspectImage } from '../docker/images';
import { ProgramInImageError } from '../docker/images-run';
import { AppError } from '../errors';
import { findBuilt } from './builder';
import { outdatedPackages, type OutdatedPackage } from './packages';
import { RECIPE_LABEL, type ImagePlan, type OfficialImage, type Recipe } from './recipes';
import { builtImage, type ImageOptions, type ReadyImage, type Sources } from './sources';

/**
 * Why there is something newer: the registry's tag stands for another image; the recipe has changed; Debian has newer packages of the
 * engine, or the image has been built again since.
 */
export type NewerImage = {
	origin: ImageOrigin;
	reason: 'tag' | 'recipe' | 'packages';
	/** Those that a build would bring; empty when that is not the reason, or when the newer image is built already. */
	packages: OutdatedPackage[];
};

/** Newer images of the same version. */
export class Newest {
	readonly #sources: Sources;

	constructor(sources: Sources) {
		this.#sources = sources;
	}

	async find(plan: ImagePlan, digest: string | null, signal?: AbortSignal): Promise<NewerImage | null> {
		const origin = await this.#origin(plan, digest);
		if (origin.of === 'registry') {
			return origin.offered === digest ? null : { origin: 'registry', reason: 'tag', packages: [] };
		}
		const { recipe, runningHash } = origin;
		if (runningHash !== recipe.hash) return { origin: 'built', reason: 'recipe', packages: [] };
		const built = await findBuilt(this.#sources.docker, recipe);
		if (built !== undefined && built.id !== digest)
			return { origin: 'built', reason: 'packages', packages: [] };
		const packages = await this.#outdated(recipe, digest, signal);
		return packages.length === 0 ? null : { origin: 'built', reason: 'packages', packages };
	}

	async resolve(plan: ImagePlan, digest: string | null, caller: ImageOptions): Promise<ReadyImage> {
		const origin = await this.#origin(plan, digest);
		if (origin.of === 'registry')
			return this.#sources.pull(origin.official, origin.offered, { ...caller, isWanted: true });
		const { recipe } = origin;
		const built = await findBuilt(this.#sources.docker, recipe);
		if (built === undefined) return this.#sources.build(recipe, caller);
		const packages = await this.#outdated(recipe, built.id, caller.signal);
		if (packages.length === 0) return builtImage(built);
		return this.#sources.build(recipe, { ...caller, isFresh: true });
	}

	/**
	 * Where the newer one comes from: where the present one came from. A registry is asked again, whatever it said a moment ago.
	 * Throws IMAGE_UNAVAILABLE when it is of a registry that does not answer, or of a recipe that is gone.
	 */
	async #origin({ engine, version, official, recipe }: ImagePlan, digest: string | null) {
		const { docker, reach } = this.#sources;
		const running = digest === null ? undefined : await inspectImage(docker, digest);
		const runningHash = running?.labels[RECIPE_LABEL];
		if (runningHash !== undefined && recipe !== null) return { of: 'recipe', recipe, runningHash } as const;
		if (official !== null) reach.forget(official);
		const offered = official === null ? undefined : await reach.registryDigest(official);
		if (official !== null && offered !== undefined) return { of: 'registry', official, offered } as const;
		const isOfficial = official !== null && digest !== null && (await this.#isHere(official, digest));
		// Of an image that is gone from this machine it is not known whence it came.
		if (recipe !== null && !isOfficial) return { of: 'recipe', recipe, runningHash } as const;
		throw new AppError('IMAGE_UNAVAILABLE', { details: { image: official?.ref ?? `${engine}:${version}` } });
	}

	async #isHere({ repository }: OfficialImage, digest: string): Promise<boolean> {
		return (await inspectImage(this.#sources.docker, `${repository}@${digest}`)) !== undefined;
	}

	async #outdated(
		recipe: Recipe,
		image: string | null,
		signal: AbortSignal | undefined,
	): Promise<OutdatedPackage[]> {
		if (image === null || recipe.packages.length === 0) return [];
		try {
			return await outdatedPackages(this.#sources.docker, { image, packages: recipe.packages, signal });
		} catch (error) {
			if (!(error instanceof ProgramInImageError)) throw error;
			throw new AppError('IMAGE_UNAVAILABLE', { cause: error, details: { image: recipe.name } });
		}
	}
}
