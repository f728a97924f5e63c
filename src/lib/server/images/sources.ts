import { join } from 'node:path';
import type { StepProgress } from '$lib/shared/operations';
import type { ImageOrigin } from '$lib/shared/services';
import type { DockerClient } from '../docker/client';
import { ImageTransferError, inspectImage, pullImage } from '../docker/images';
import { AppError } from '../errors';
import { buildFromRecipe, findBuilt, isNameOf, type BuiltImage } from './builder';
import type { ImageDigests } from './digests';
import { Reachability } from './reachability';
import type { ImagePlan, OfficialImage, Recipe } from './recipes';
import { SharedWork } from './shared-work';

/** An image on this machine: `ref` for a container, and the digest (of the registry) or the content id (of one built here). */
export type ReadyImage = { origin: ImageOrigin; ref: string; digest: string };

export type ImageOptions = { onProgress?: (progress: StepProgress) => void; signal?: AbortSignal };

/** Where an image is, or can be had, now. */
export type Source =
	| { availability: 'present'; image: ReadyImage; sizeBytes: number }
	| { availability: 'pullable'; official: OfficialImage; digest: string }
	| { availability: 'buildable'; recipe: Recipe }
	| { availability: 'unavailable' };

/** Finds, pulls and builds images; callers at the same time share one pull or build. */
export class Sources {
	readonly docker: DockerClient;
	readonly reach: Reachability;
	readonly #digests: ImageDigests;
	readonly #workFolder: string;
	readonly #work = new SharedWork<ReadyImage, StepProgress>();

	constructor(options: { docker: DockerClient; digests: ImageDigests; dataDir: string }) {
		this.docker = options.docker;
		this.reach = new Reachability(options.docker);
		this.#digests = options.digests;
		this.#workFolder = join(options.dataDir, 'tmp');
	}

	/**
	 * The official image where it is here or a registry has it, else the one built here. The digest of the first pull is kept, so the
	 * same bytes run everywhere in this installation until a person asks for newer ones.
	 */
	async locate({ official, recipe }: ImagePlan): Promise<Source> {
		if (official !== null) {
			const recorded = this.#digests.find(official.ref);
			const present = await findOfficial(this.docker, official, recorded);
			if (present !== undefined) return present;
			const offered = await this.reach.registryDigest(official);
			if (offered !== undefined) {
				return { availability: 'pullable', official, digest: recorded ?? offered };
			}
		}
		if (recipe === null) return { availability: 'unavailable' };
		const built = await findBuilt(this.docker, recipe);
		if (built !== undefined) {
			return { availability: 'present', image: builtImage(built), sizeBytes: built.sizeBytes };
		}
		return (await this.reach.canBuild(recipe))
			? { availability: 'buildable', recipe }
			: { availability: 'unavailable' };
	}

	/**
	 * The image that a container was made from, when it has to be had once more: of that very digest, or built from that very recipe under
	 * the same name. Undefined when the plan knows neither any more, or no registry answers.
	 */
	async restore(
		{ official, recipe }: ImagePlan,
		ref: string,
		caller: ImageOptions,
	): Promise<ReadyImage | undefined> {
		if (recipe !== null && isNameOf(recipe, ref)) return this.build(recipe, { ...caller, ref });
		const prefix = official === null ? undefined : `${official.repository}@`;
		if (official === null || prefix === undefined || !ref.startsWith(prefix)) return undefined;
		const digest = ref.slice(prefix.length);
		if ((await inspectImage(this.docker, ref)) !== undefined) return { origin: 'registry', ref, digest };
		if ((await this.reach.registryDigest(official)) === undefined) return undefined;
		return this.pull(official, digest, caller);
	}

	/** Sees to it that the official image of this digest is here. `isWanted`: it is the one that is taken from now on. */
	async pull(
		official: OfficialImage,
		digest: string,
		{ isWanted = false, ...caller }: ImageOptions & { isWanted?: boolean } = {},
	): Promise<ReadyImage> {
		const ref = `${official.repository}@${digest}`;
		const image = await this.#work.run(ref, caller, async ({ onProgress, signal }) => {
			try {
				await pullImage(this.docker, ref, {
					signal,
					onProgress: ({ doneBytes, totalBytes }) =>
						onProgress({ done: doneBytes, total: totalBytes, unit: 'bytes', line: null }),
				});
			} catch (error) {
				if (!(error instanceof ImageTransferError)) throw error;
				this.reach.forget(official);
				throw new AppError('IMAGE_PULL_FAILED', { cause: error, details: { image: official.ref } });
			}
			return { origin: 'registry', ref, digest };
		});
		this.#digests.record(official.ref, digest, isWanted);
		return image;
	}

	/** `isFresh` builds it once more from today's packages; `ref` is the name that it must have. */
	async build(
		recipe: Recipe,
		{ isFresh = false, ref, ...caller }: ImageOptions & { isFresh?: boolean; ref?: string } = {},
	): Promise<ReadyImage> {
		const key = isFresh ? `fresh ${recipe.ref}` : (ref ?? recipe.ref);
		return this.#work.run(key, caller, async ({ onProgress, signal }) => {
			const image = await buildFromRecipe(this.docker, recipe, {
				workFolder: this.#workFolder,
				isFresh,
				...(ref === undefined ? {} : { ref }),
				signal,
				onProgress: ({ done, total, line }) => onProgress({ done, total, unit: 'steps', line }),
			});
			return builtImage(image);
		});
	}
}

/** The official image on this machine: by the digest that was recorded, or under its tag as a registry gave it. */
async function findOfficial(
	docker: DockerClient,
	official: OfficialImage,
	recorded: string | undefined,
): Promise<Source | undefined> {
	const prefix = `${official.repository}@`;
	const image = await inspectImage(docker, recorded === undefined ? official.ref : prefix + recorded);
	const ref = image?.repoDigests.find((one) => one.startsWith(prefix));
	if (image === undefined || ref === undefined) return undefined;
	const digest = recorded ?? ref.slice(prefix.length);
	return {
		availability: 'present',
		image: { origin: 'registry', ref: prefix + digest, digest },
		sizeBytes: image.sizeBytes,
	};
}

/** As a container takes it. */
export function builtImage(image: BuiltImage): ReadyImage {
	return { origin: 'built', ref: image.ref, digest: image.id };
}
