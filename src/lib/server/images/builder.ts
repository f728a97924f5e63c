import { chmod, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pack, type PackOptions } from 'tar-fs';
import { AppError, isAppError } from '../errors';
import type { DockerClient } from '../docker/client';
import {
	buildImage,
	distributionDigest,
	importImage,
	inspectImage,
	listImageTags,
	pullImage,
	type ImageSummary,
} from '../docker/images';
import { layOutContext } from './context';
import { debootstrap } from './debootstrap';
import { RECIPE_LABEL, type BaseRecipe, type Recipe } from './recipes';
import { withWorkFolder } from './work-folder';

const REGISTRY_LIMIT_MS = 4_000;

/** Lines of output that a failed build's error holds. */
const KEPT_LINES = 15;

/** Of the progress of a whole build, what comes before Docker's own steps: the base image and the context. */
const STEPS_BEFORE_BUILD = 2;

/** By default tar-fs takes this process's umask out of every mode: /tmp would lose its rights. The types do not know the option. */
const exactModes: PackOptions & { umask: number } = { umask: 0 };

/** `done` of `total` steps; `line` is the newest line of output. `total` grows while a build is under way. */
export type BuildStep = { done: number; total: number; line: string };

export type BuildOptions = {
	/** Folder for temporary trees of some hundred MB; made when missing. */
	workFolder: string;
	/** Builds it once more, from today's packages, under a name of its own: the one already built stays what it is. */
	isFresh?: boolean;
	/** The name it must have; when not given, whatever this recipe's newest image has will do. */
	ref?: string;
	onProgress?: (progress: BuildStep) => void;
	signal?: AbortSignal;
};

/** An image built here under its newest name. */
export type BuiltImage = ImageSummary & { ref: string };

/**
 * Builds the image of `recipe`, its base image first, unless this machine has both. Throws IMAGE_BUILD_FAILED with the reason in its
 * message, DOCKER_UNAVAILABLE, or the signal's reason.
 */
export async function buildFromRecipe(
	docker: DockerClient,
	recipe: Recipe,
	options: BuildOptions,
): Promise<BuiltImage> {
	const present = options.isFresh === true ? undefined : await findBuilt(docker, recipe, options.ref);
	if (present !== undefined) return present;
	const newest: string[] = [];
	const onProgress = (progress: BuildStep) => {
		newest.push(progress.line);
		if (newest.length > KEPT_LINES) newest.shift();
		options.onProgress?.(progress);
	};
	try {
		return await withWorkFolder(options.workFolder, (folder) =>
			build(docker, recipe, folder, { ...options, onProgress }),
		);
	} catch (error) {
		options.signal?.throwIfAborted();
		if (isAppError(error)) throw error;
		const reason = error instanceof Error ? error.message : String(error);
		const message = `The image ${recipe.ref} could not be built: ${reason}\n${newest.join('\n')}`;
		throw new AppError('IMAGE_BUILD_FAILED', {
			cause: error,
			message,
			details: { image: recipe.name },
		});
	}
}

/** The newest image made here from exactly this recipe, or the one of this name, if this machine has it. */
export async function findBuilt(
	docker: DockerClient,
	recipe: Pick<Recipe, 'ref' | 'hash'>,
	wantedRef?: string,
): Promise<BuiltImage | undefined> {
	const tags = await listImageTags(docker, { name: RECIPE_LABEL, value: recipe.hash });
	const ref = tags
		.filter((tag) => (wantedRef === undefined ? isNameOf(recipe, tag) : tag === wantedRef))
		.sort()
		.at(-1);
	const image = ref === undefined ? undefined : await inspectImage(docker, ref);
	return image === undefined || ref === undefined ? undefined : { ...image, ref };
}

/** Whether an image built from this recipe may have this name. */
export function isNameOf({ ref }: Pick<Recipe, 'ref'>, name: string): boolean {
	return name === ref || name.startsWith(`${ref}-`);
}

/** Sorts after every earlier one of the same recipe. */
function freshRef(recipe: Recipe): string {
	const time = new Date().toISOString().replaceAll(/[-:]|\.\d+Z$/g, '');
	return `${recipe.ref}-${time.toLowerCase()}`;
}

async function build(
	docker: DockerClient,
	recipe: Recipe,
	folder: string,
	options: BuildOptions,
): Promise<BuiltImage> {
	const ref = options.ref ?? (options.isFresh === true ? freshRef(recipe) : recipe.ref);
	const report = (done: number, steps: number, line: string) => {
		options.onProgress?.({ done, total: STEPS_BEFORE_BUILD + steps, line });
	};
	const signal = options.signal === undefined ? {} : { signal: options.signal };
	const base = await ensureBase(docker, recipe.base, join(folder, 'base'), {
		...signal,
		onLine: (line) => report(0, 1, line),
	});
	const contextFolder = join(folder, 'context');
	await layOutContext(recipe, contextFolder, { ...signal, onLine: (line) => report(1, 1, line) });
	const image = await buildImage(docker, pack(contextFolder, exactModes), {
		...signal,
		tag: ref,
		isFresh: options.isFresh ?? false,
		dockerfile: recipe.dockerfile,
		buildArgs: { ...recipe.args, BASE: base },
		labels: { [RECIPE_LABEL]: recipe.hash },
		networkMode: 'host',
		onProgress: ({ step, steps, line }) => {
			report(STEPS_BEFORE_BUILD + Math.max(0, step - 1), Math.max(1, steps), line);
		},
	});
	return { ...image, ref };
}

type LineOptions = { onLine: (line: string) => void; signal?: AbortSignal };

/** The name of a base image that this machine now has: one made here before, the official one, or one made now. */
async function ensureBase(
	docker: DockerClient,
	recipe: BaseRecipe,
	target: string,
	options: LineOptions,
): Promise<string> {
	if ((await findBuilt(docker, recipe)) !== undefined) return recipe.ref;
	if ((await distributionDigest(docker, recipe.officialRef, REGISTRY_LIMIT_MS)) !== undefined) {
		options.onLine(`Pulling ${recipe.officialRef}`);
		await pullImage(docker, recipe.officialRef, options);
		return recipe.officialRef;
	}
	await mkdir(target);
	// The image's root folder: its users must get in, whatever the umask here.
	await chmod(target, 0o755);
	await debootstrap(recipe, target, options);
	options.onLine(`Importing ${recipe.ref}`);
	const [repo = '', tag = ''] = recipe.ref.split(':');
	await importImage(docker, pack(target, { ...exactModes, ignore: isVirtual(target) }), {
		...options,
		repo,
		tag,
		changes: ['CMD ["bash"]', `LABEL ${RECIPE_LABEL}=${recipe.hash}`],
	});
	return recipe.ref;
}

/** Docker lays its own file systems over these. */
function isVirtual(root: string): (path: string) => boolean {
	const prefixes = ['dev', 'proc', 'sys'].map((name) => `${join(root, name)}/`);
	return (path) => prefixes.some((prefix) => path.startsWith(prefix));
}
