import type { ImageAvailability, ImageOrigin } from '$lib/shared/services';
import type { DockerClient } from '../docker/client';
import { inspectImage } from '../docker/images';
import { AppError, isAppError } from '../errors';
import type { ImageDigests } from './digests';
import { Newest, type NewerImage } from './newest';
import { loadPlans, type ImagePlan, type Recipe } from './recipes';
import { removeSuperseded } from './superseded';
import { Sources, type ImageOptions, type ReadyImage } from './sources';

/** Which image: the engine's id and the version as a person picks it. */
export type ImageWanted = { engine: string; version: string };

/** `digest`: as recorded for the image that is used now; null when none is. */
type NewerWanted = ImageWanted & { digest: string | null };

export type ImageRow = {
	engine: string;
	version: string;
	/** Null when there is no official image. */
	officialRef: string | null;
	/** The name it has when it is built here; null when there is no recipe for it. */
	localRef: string | null;
	/** Where it comes, or would come, from; null when it cannot be had. */
	origin: ImageOrigin | null;
	availability: ImageAvailability;
	/** Null when it is not on this machine. */
	sizeBytes: number | null;
};

/** The images of all engines. */
export type Images = ReturnType<typeof createImages>;

/** `imagesDir` holds the recipes; temporary trees of some hundred MB go below `dataDir`. */
export function createImages(options: {
	docker: DockerClient;
	digests: ImageDigests;
	imagesDir: string;
	dataDir: string;
}) {
	const sources = new Sources(options);
	const newest = new Newest(sources);
	let loaded: Promise<ImagePlan[]> | undefined;

	async function plans(): Promise<ImagePlan[]> {
		loaded ??= loadPlans(options.imagesDir);
		return loaded;
	}

	async function planOf({ engine, version }: ImageWanted): Promise<ImagePlan> {
		const plan = (await plans()).find((one) => one.engine === engine && one.version === version);
		if (plan === undefined) throw new AppError('ENGINE_VERSION_UNKNOWN', { details: { engine, version } });
		return plan;
	}

	async function recipeOf(wanted: ImageWanted): Promise<Recipe> {
		const plan = await planOf(wanted);
		if (plan.recipe === null) throw unavailable(plan);
		return plan.recipe;
	}

	return {
		/**
		 * Sees to it that this machine has the image: finds, pulls or builds it. Callers at the same time share one pull or build. Throws
		 * ENGINE_VERSION_UNKNOWN, IMAGE_UNAVAILABLE, IMAGE_PULL_FAILED, IMAGE_BUILD_FAILED, DOCKER_UNAVAILABLE, or the signal's reason.
		 * With `ref`, that very image is had again where it can be: new services may get a newer one by now.
		 */
		async resolveImage(
			{ ref, ...wanted }: ImageWanted & { ref?: string },
			caller: ImageOptions = {},
		): Promise<ReadyImage> {
			const plan = await planOf(wanted);
			const restored = ref === undefined ? undefined : await sources.restore(plan, ref, caller);
			if (restored !== undefined) return restored;
			const source = await sources.locate(plan);
			switch (source.availability) {
				case 'present':
					if (source.image.origin === 'registry' && plan.official !== null)
						options.digests.record(plan.official.ref, source.image.digest);
					return source.image;
				case 'pullable':
					return sources.pull(source.official, source.digest, caller);
				case 'buildable':
					return sources.build(source.recipe, caller);
				case 'unavailable':
					throw unavailable(plan);
			}
		},

		/** Builds the image here even where a registry has the official one. Throws as `resolveImage`. */
		async buildImage(wanted: ImageWanted, caller: ImageOptions = {}): Promise<ReadyImage> {
			return sources.build(await recipeOf(wanted), caller);
		},

		/**
		 * Whether there is a newer image of the same version than the one of this digest, and why; null when there is none. An image stays
		 * of its origin. Takes seconds, and changes nothing. Throws ENGINE_VERSION_UNKNOWN, IMAGE_UNAVAILABLE when nobody can tell,
		 * DOCKER_UNAVAILABLE, or the signal's reason.
		 */
		async findNewer({ digest, ...wanted }: NewerWanted, signal?: AbortSignal): Promise<NewerImage | null> {
			return newest.find(await planOf(wanted), digest, signal);
		},

		/**
		 * Sees to it that this machine has the newest image of this version, which new services get from then on. Images in use stay as
		 * they are. Without `digest` the official image is taken where a registry has it. Throws as `resolveImage`.
		 */
		async resolveNewest({
			engine,
			version,
			digest = null,
			...caller
		}: ImageWanted & ImageOptions & { digest?: string | null }): Promise<ReadyImage> {
			return newest.resolve(await planOf({ engine, version }), digest, caller);
		},

		/**
		 * Removes images built here that a newer one of the same version has taken the place of, but for the names in `kept` and those that a
		 * container uses; gives their names. Throws DOCKER_UNAVAILABLE.
		 */
		async removeSuperseded(kept: ReadonlySet<string>): Promise<string[]> {
			const recipes = (await plans()).flatMap(({ recipe }) => (recipe === null ? [] : [recipe]));
			return removeSuperseded(options.docker, { recipes, kept });
		},

		/** Whether and how the image can be had; `unknown` while Docker does not answer. Registries are asked once in five minutes. */
		async availability(wanted: ImageWanted): Promise<ImageAvailability> {
			return (await describe(sources, await planOf(wanted))).availability;
		},

		/**
		 * An image on this machine with the usual programs, such as `cp`, for work beside a container of the image `ref`. One that was built
		 * here may hold nothing but its engine: then it is the one that it was built on.
		 */
		async programsFor({
			ref,
			origin,
			...wanted
		}: ImageWanted & Pick<ReadyImage, 'ref' | 'origin'>): Promise<string> {
			const base = origin === 'built' ? (await planOf(wanted)).recipe?.base : undefined;
			for (const name of base === undefined ? [] : [base.ref, base.officialRef])
				if ((await inspectImage(options.docker, name)) !== undefined) return name;
			return ref;
		},

		/** About how long building it takes where that is more than a few minutes, else null; asks neither Docker nor a registry. */
		async buildMinutes(wanted: ImageWanted): Promise<number | null> {
			return (await planOf(wanted)).recipe?.buildMinutes ?? null;
		},

		/** Every version that there is a recipe for; asks neither Docker nor a registry. */
		async listRecipes(): Promise<ImageWanted[]> {
			return (await plans())
				.filter(({ recipe }) => recipe !== null)
				.map(({ engine, version }) => ({ engine, version }));
		},

		/** One row for every version of every engine. */
		async listImages(): Promise<ImageRow[]> {
			return Promise.all((await plans()).map((plan) => describe(sources, plan)));
		},
	};
}

/** The error for a version whose image can be had from nowhere now. */
function unavailable({ official, engine, version }: ImagePlan): AppError {
	const image = official?.ref ?? `${engine}:${version}`;
	return new AppError('IMAGE_UNAVAILABLE', { details: { image } });
}

async function describe(sources: Sources, plan: ImagePlan): Promise<ImageRow> {
	const { engine, version, official, recipe } = plan;
	const officialRef = official?.ref ?? null;
	const row = { engine, version, officialRef, localRef: recipe?.ref ?? null, sizeBytes: null };
	try {
		const source = await sources.locate(plan);
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
