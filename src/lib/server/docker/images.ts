import type { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import { stripVTControlCharacters } from 'node:util';
import { AppError, isAppError } from '../errors';
import { CALL_LIMITS_MS, DockerStatusError, isDockerStatus, type DockerClient } from './client';

/** Until Docker begins to answer, in milliseconds: it may first look for a registry, or read a whole upload. */
const TRANSFER_START_LIMIT_MS = 600_000;

/** A pull without a single sign of progress for this long has failed, in milliseconds. */
const SILENCE_LIMIT_MS = 180_000;

/** What Docker says of one image on this machine. `id` is its content id (`sha256:…`). */
export type ImageSummary = {
	id: string;
	sizeBytes: number;
	labels: Record<string, string>;
	/** `name@sha256:…`, one for each registry reference it was pulled by. */
	repoDigests: string[];
};

/** Bytes downloaded so far over all layers that Docker has announced. */
export type PullProgress = { doneBytes: number; totalBytes: number };

/** `step` of `steps` instructions (0 before the first one), and the newest line of output. */
export type BuildProgress = { step: number; steps: number; line: string };

/** A pull, import or build that Docker itself gave up; the message is Docker's. */
export class ImageTransferError extends Error {
	override readonly name = 'ImageTransferError';
}

type StreamLine = {
	status?: string;
	id?: string;
	stream?: string;
	error?: string;
	progressDetail?: { current?: number; total?: number };
};

/** The image named by `ref`, or undefined when this machine does not have it. */
export async function inspectImage(docker: DockerClient, ref: string): Promise<ImageSummary | undefined> {
	try {
		const info = await docker.call({ what: 'inspect image' }, () => docker.engine.getImage(ref).inspect());
		return {
			id: info.Id,
			sizeBytes: info.Size,
			labels: info.Config.Labels ?? {},
			repoDigests: info.RepoDigests ?? [],
		};
	} catch (error) {
		if (isDockerStatus(error, 404)) return undefined;
		throw error;
	}
}

/** The names of the images on this machine that carry the label, with this value where one is given. */
export async function listImageTags(
	docker: DockerClient,
	{ name, value }: { name: string; value?: string },
): Promise<string[]> {
	const label = value === undefined ? name : `${name}=${value}`;
	const images = await docker.call({ what: 'list images' }, () =>
		docker.engine.listImages({ filters: { label: [label] } }),
	);
	return images.flatMap(({ RepoTags }) => RepoTags ?? []).filter((tag) => tag !== '<none>:<none>');
}

/** Removes the name, and the image when it was its last one. False when it is gone already, or a container needs it. */
export async function removeImage(docker: DockerClient, ref: string): Promise<boolean> {
	try {
		await docker.call({ what: 'remove image', limitMs: CALL_LIMITS_MS.write }, (abortSignal) =>
			docker.engine.getImage(ref).remove({ abortSignal }),
		);
		return true;
	} catch (error) {
		if (isDockerStatus(error, 404, 409)) return false;
		throw error;
	}
}

/**
 * Pulls `ref` (`name:tag` or `name@sha256:…`). Throws ImageTransferError when the registry refuses, falls silent or loses a layer for
 * good, DOCKER_UNAVAILABLE when Docker goes away, and the signal's reason when aborted.
 */
export async function pullImage(
	docker: DockerClient,
	ref: string,
	options: {
		onProgress?: (progress: PullProgress) => void;
		signal?: AbortSignal;
		/** How long the registry may send nothing. */
		silenceLimitMs?: number;
	} = {},
): Promise<ImageSummary> {
	const layers = new Map<string, { current: number; total: number }>();
	const silence = new AbortController();
	const timer = setTimeout(() => {
		silence.abort(new ImageTransferError(`The pull of ${ref} stood still for too long`));
	}, options.silenceLimitMs ?? SILENCE_LIMIT_MS);
	const signal = options.signal ? AbortSignal.any([options.signal, silence.signal]) : silence.signal;
	try {
		const stream = await startTransfer(docker, 'pull image', signal, (abortSignal) =>
			docker.engine.createImage({ fromImage: ref, abortSignal }),
		);
		await followStream(stream, signal, (line) => {
			timer.refresh();
			if (noteLayer(layers, line)) options.onProgress?.(sumLayers(layers));
		});
	} finally {
		clearTimeout(timer);
	}
	const image = await inspectImage(docker, ref);
	if (image !== undefined) return image;
	throw new ImageTransferError(`The pull of ${ref} ended before the image was complete`);
}

/** Takes in what one line says of a layer's download; false when it says nothing of that. */
function noteLayer(layers: Map<string, { current: number; total: number }>, line: StreamLine): boolean {
	if (line.id === undefined) return false;
	if (line.status === 'Download complete') {
		const layer = layers.get(line.id);
		if (layer !== undefined) layer.current = layer.total;
		return layer !== undefined;
	}
	const total = line.progressDetail?.total;
	if (line.status !== 'Downloading' || total === undefined) return false;
	layers.set(line.id, { current: line.progressDetail?.current ?? 0, total });
	return true;
}

function sumLayers(layers: Map<string, { current: number; total: number }>): PullProgress {
	let doneBytes = 0;
	let totalBytes = 0;
	for (const layer of layers.values()) {
		doneBytes += layer.current;
		totalBytes += layer.total;
	}
	return { doneBytes, totalBytes };
}

/** Makes `repo:tag` from a root file system. `changes` are Dockerfile instructions such as `CMD ["bash"]`. */
export async function importImage(
	docker: DockerClient,
	rootFileSystem: Readable,
	options: { repo: string; tag: string; changes?: string[]; signal?: AbortSignal },
): Promise<ImageSummary> {
	const { repo, tag, changes = [] } = options;
	const stream = await startTransfer(docker, 'import image', options.signal, (abortSignal) =>
		docker.engine.importImage(rootFileSystem, { repo, tag, changes, abortSignal }),
	);
	await followStream(stream, options.signal, () => {});
	return mustInspect(docker, `${repo}:${tag}`);
}

/** Builds `tag` with Docker's own builder from a context sent as a tar stream. Throws ImageTransferError when an instruction fails. */
export async function buildImage(
	docker: DockerClient,
	context: Readable,
	options: {
		tag: string;
		dockerfile: string;
		buildArgs: Record<string, string>;
		labels: Record<string, string>;
		networkMode: string;
		/** Runs every instruction, also those whose result Docker still has. */
		isFresh?: boolean;
		onProgress?: (progress: BuildProgress) => void;
		signal?: AbortSignal;
	},
): Promise<ImageSummary> {
	const stream = await startTransfer(docker, 'build image', options.signal, (abortSignal) =>
		docker.engine.buildImage(context, {
			t: options.tag,
			dockerfile: options.dockerfile,
			buildargs: options.buildArgs,
			labels: options.labels,
			networkmode: options.networkMode,
			nocache: options.isFresh ?? false,
			rm: true,
			forcerm: true,
			version: '1',
			abortSignal,
		}),
	);
	let step = 0;
	let steps = 0;
	await followStream(stream, options.signal, ({ stream: text }) => {
		for (const line of outputLines(text)) {
			const header = /^Step (\d+)\/(\d+) : /.exec(line);
			if (header) {
				step = Number(header[1]);
				steps = Number(header[2]);
			}
			options.onProgress?.({ step, steps, line });
		}
	});
	return mustInspect(docker, options.tag);
}

/**
 * The digest a registry has for `ref` now, asked by Docker with its own registry settings; undefined when no registry answers within
 * `timeoutMs` or none has it.
 */
export async function distributionDigest(
	docker: DockerClient,
	ref: string,
	timeoutMs: number,
): Promise<string | undefined> {
	const limit = AbortSignal.timeout(timeoutMs);
	try {
		const info = await docker.call({ what: 'ask registry', limitMs: timeoutMs * 2, signal: limit }, () =>
			docker.engine.getImage(ref).distribution({ abortSignal: limit }),
		);
		return info.Descriptor.digest;
	} catch (error) {
		// 401, 403 and 404 are the registry's no; 500 is Docker's word for a registry that it cannot reach.
		if (error instanceof DockerStatusError || limit.aborted) return undefined;
		throw error;
	}
}

/** Opens the stream of a pull, import or build; Docker's refusal becomes an ImageTransferError. */
async function startTransfer(
	docker: DockerClient,
	what: string,
	signal: AbortSignal | undefined,
	open: (abortSignal: AbortSignal) => Promise<NodeJS.ReadableStream>,
): Promise<NodeJS.ReadableStream> {
	try {
		return await docker.call({ what, limitMs: TRANSFER_START_LIMIT_MS, signal }, open);
	} catch (error) {
		if (error instanceof DockerStatusError) throw new ImageTransferError(error.message, { cause: error });
		throw error;
	}
}

async function mustInspect(docker: DockerClient, ref: string): Promise<ImageSummary> {
	const image = await inspectImage(docker, ref);
	if (image === undefined) throw new ImageTransferError(`Docker did not finish ${ref}`);
	return image;
}

/** Reads Docker's JSON lines to the end. An `error` line throws ImageTransferError, a broken connection DOCKER_UNAVAILABLE. */
async function followStream(
	stream: NodeJS.ReadableStream,
	signal: AbortSignal | undefined,
	onLine: (line: StreamLine) => void,
): Promise<void> {
	const decoder = new StringDecoder('utf8');
	let rest = '';
	try {
		for await (const chunk of stream) {
			const lines = (rest + (typeof chunk === 'string' ? chunk : decoder.write(chunk))).split('\n');
			rest = lines.pop() ?? '';
			for (const text of lines) handleLine(text, onLine);
		}
		handleLine(rest, onLine);
	} catch (error) {
		signal?.throwIfAborted();
		if (error instanceof ImageTransferError || isAppError(error)) throw error;
		throw new AppError('DOCKER_UNAVAILABLE', { cause: error, message: 'Docker broke off a transfer' });
	}
	signal?.throwIfAborted();
}

function handleLine(text: string, onLine: (line: StreamLine) => void): void {
	if (text.trim() === '') return;
	const line = parseLine(text);
	if (line.error !== undefined) throw new ImageTransferError(line.error);
	onLine(line);
}

function parseLine(text: string): StreamLine {
	let value: unknown;
	try {
		value = JSON.parse(text);
	} catch (error) {
		throw new ImageTransferError('Docker sent a line that is not JSON', { cause: error });
	}
	if (typeof value !== 'object' || value === null)
		throw new ImageTransferError('Docker sent a line that is no object');
	return value;
}

function outputLines(text: string | undefined): string[] {
	if (text === undefined) return [];
	const lines: string[] = [];
	for (const raw of text.split(/[\r\n]+/)) {
		const line = stripControls(raw).trim();
		if (line !== '') lines.push(line);
	}
	return lines;
}

/** Colours and other terminal sequences have no place in a log that a page shows. */
function stripControls(text: string): string {
	return stripVTControlCharacters(text).replace(/\p{Cc}/gu, '');
}
