import { join } from 'node:path';
import type { ImageAvailability, ImageOrigin } from '$lib/shared/services';
import type { StepProgress } from '$lib/shared/operations';
import type { DockerClient } from '../docker/client';
import { ImageTransferError, inspectImage, pullImage, type ImageSummary } from '../docker/images';
import { AppError, isAppError } from '../errors';
import { buildFromRecipe, findBuilt } from './builder';
import type { ImageDigests } from './digests';
import { Reachability } from './reachability';
import { loadRecipes, type Recipe } from './recipes';
import { SharedWork } from './shared-work';

/** Which image: the engine's id and the version as a person picks it. */
export type ImageWanted = { engine: string; version: string };

/** An image on this machine: `ref` for a container, and the digest (of the registry) or the content id (of one built here). */
export type ReadyImage = { origin: ImageOrigin; ref: string; digest: string };

export type ImageRow = {
	engine: string;
	version: string;
	officialRef: string;
	/** The name it has when it is built here. */
	localRef: string;
	/** Where it comes, or would come, from; null when it cannot be had. */
	origin: ImageOrigin | null;
	availability: ImageAvailability;
	/** Null when it is not on this machine. */
	sizeBytes: number | null;
};

export type ImageOptions = { onProgress?: (progress: StepProgress) => void; signal?: AbortSignal };

type Source =
	| { availability: 'present'; image: ReadyImage; sizeBytes: number }
	| { availability: 'pullable'; ref: string; digest: string }
	| { availability: 'buildable' }
	| { availability: 'unavailable' };

/** The images of all engines. */
export type Images = ReturnType<typeof createImages>;

/** `imagesDir` holds the recipes; temporary trees of some hundred MB go below `dataDir`. */
export function createImages(options: {
	docker: DockerClient;
	digests: ImageDigests;
	imagesDir: string;
	dataDir: string;
}) {
	const { docker, digests } = options;
	const reach = new Reachability(docker);
	const work = new SharedWork<ReadyImage, StepProgress>();
	const workFolder = join(options.dataDir, 'tmp');
	let loaded: Promise<Recipe[]> | undefined;

	async function recipes(): Promise<Recipe[]> {
		loaded ??= loadRecipes(options.imagesDir);
		return loaded;
	}

	async function recipeOf({ engine, version }: ImageWanted): Promise<Recipe> {
		const recipe = (await recipes()).find((one) => one.engine === engine && one.version === version);
		if (recipe === undefined) throw new AppError('ENGINE_VERSION_UNKNOWN', { details: { engine, version } });
		return recipe;
	}

	/**
	 * The official image where it is here or a registry has it, else the one built here. The digest of the first pull is kept, so the
	 * same bytes run everywhere in this installation until a person asks for newer ones.
	 */
	async function locate(recipe: Recipe): Promise<Source> {
		const recorded = digests.find(recipe.officialRef);
		const official = await findOfficial(docker, recipe, recorded);
		if (official !== undefined) return official;
		const offered = await reach.registryDigest(recipe);
		if (offered !== undefined) {
			const digest = recorded ?? offered;
			return { availability: 'pullable', ref: `${recipe.repository}@${digest}`, digest };
		}
		const built = await findBuilt(docker, recipe.ref, recipe.hash);
		if (built !== undefined) {
			return { availability: 'present', image: builtImage(recipe, built), sizeBytes: built.sizeBytes };
		}
		return { availability: (await reach.canBuild(recipe)) ? 'buildable' : 'unavailable' };
	}

	async function pull(
		recipe: Recipe,
		source: { ref: string; digest: string },
		caller: ImageOptions,
	): Promise<ReadyImage> {
		return work.run(source.ref, caller, async ({ onProgress, signal }) => {
			try {
				await pullImage(docker, source.ref, {
					signal,
					onProgress: ({ doneBytes, totalBytes }) =>
						onProgress({ done: doneBytes, total: totalBytes, unit: 'bytes', line: null }),
				});
			} catch (error) {
				if (!(error instanceof ImageTransferError)) throw error;
				reach.forget(recipe);
				throw new AppError('IMAGE_PULL_FAILED', { cause: error, details: { image: recipe.officialRef } });
			}
			digests.record(recipe.officialRef, source.digest);
			return { origin: 'registry', ref: source.ref, digest: source.digest };
		});
	}

	async function build(recipe: Recipe, caller: ImageOptions): Promise<ReadyImage> {
		return work.run(recipe.ref, caller, async ({ onProgress, signal }) => {
			const image = await buildFromRecipe(docker, recipe, {
				workFolder,
				signal,
				onProgress: ({ done, total, line }) => onProgress({ done, total, unit: 'steps', line }),
			});
			return builtImage(recipe, image);
		});
	}

	return {
		/**
		 * Sees to it that this machine has the image: finds, pulls or builds it. Callers at the same time share one pull or build. Throws
		 * ENGINE_VERSION_UNKNOWN, IMAGE_UNAVAILABLE, IMAGE_PULL_FAILED, IMAGE_BUILD_FAILED, DOCKER_UNAVAILABLE, or the signal's reason.
		 */
		async resolveImage(wanted: ImageWanted, caller: ImageOptions = {}): Promise<ReadyImage> {
			const recipe = await recipeOf(wanted);
			const source = await locate(recipe);
			switch (source.availability) {
				case 'present':
					if (source.image.origin === 'registry') digests.record(recipe.officialRef, source.image.digest);
					return source.image;
				case 'pullable':
					return pull(recipe, source, caller);
				case 'buildable':
					return build(recipe, caller);
				case 'unavailable':
					throw new AppError('IMAGE_UNAVAILABLE', { details: { image: recipe.officialRef } });
			}
		},

		/** Builds the image here even where a registry has the official one. Throws as `resolveImage`. */
		async buildImage(wanted: ImageWanted, caller: ImageOptions = {}): Promise<ReadyImage> {
			return build(await recipeOf(wanted), caller);
		},

		/** Whether and how the image can be had; `unknown` while Docker does not answer. Registries are asked once in five minutes. */
		async availability(wanted: ImageWanted): Promise<ImageAvailability> {
			return (await describe(await recipeOf(wanted))).availability;
		},

		/** One row for every version of every engine that has a recipe. */
		async listImages(): Promise<ImageRow[]> {
			return Promise.all((await recipes()).map(describe));
		},
	};

	async function describe(recipe: Recipe): Promise<ImageRow> {
		const { engine, version, officialRef } = recipe;
		const row = { engine, version, officialRef, localRef: recipe.ref, sizeBytes: null };
		try {
			const source = await locate(recipe);
			const { availability } = source;
			switch (source.availability) {
				case 'present':
					return { ...row, availability, origin: source.image.origin, sizeBytes: source.sizeBytes };
				case 'pullable':
					return { ...row, availability, origin: 'registry' };
				case 'buildable':
					return { ...row, availability, origin: 'built' };
				case 'unavailable':
					return { ...row, availability, origin: null };
			}
		} catch (error) {
			if (!isAppError(error, 'DOCKER_UNAVAILABLE')) throw error;
			return { ...row, availability: 'unknown', origin: null };
		}
	}
}

/** The official image on this machine: by the digest that was recorded, or under its tag as a registry gave it. */
async function findOfficial(
	docker: DockerClient,
	recipe: Recipe,
	recorded: string | undefined,
): Promise<Source | undefined> {
	const prefix = `${recipe.repository}@`;
	const image = await inspectImage(docker, recorded === undefined ? recipe.officialRef : prefix + recorded);
	const ref = image?.repoDigests.find((one) => one.startsWith(prefix));
	if (image === undefined || ref === undefined) return undefined;
	const digest = recorded ?? ref.slice(prefix.length);
	return {
		availability: 'present',
		image: { origin: 'registry', ref: prefix + digest, digest },
		sizeBytes: image.sizeBytes,
	};
}

function builtImage(recipe: Recipe, image: ImageSummary): ReadyImage {
	return { origin: 'built', ref: recipe.ref, digest: image.id };
}
