import { Readable } from 'node:stream';
import { AppError, isAppError } from '../errors';
import { archiveOf, type ArchiveEntry } from './archive';
import { CALL_LIMITS_MS, isDockerStatus, type DockerClient } from './client';
import { isGoing, stateOf, summaryOf, type ContainerState, type ContainerSummary } from './container-state';
import { LABEL, labelFilter, type Labels } from './labels';
import { LogParser, newestBytes, type LogLine } from './logs';
import { createOptions, type ContainerRequest } from './spec';
import { parseStats, type RawStats } from './stats';

export type LogRequest = { tail: number; sinceMs?: number | undefined; signal?: AbortSignal | undefined };

/** Containers of one instance. What does not carry its label answers as if it did not exist, and is never changed. */
export class Containers {
	readonly #docker: DockerClient;
	readonly #instanceId: string;

	constructor(docker: DockerClient, instanceId: string) {
		this.#docker = docker;
		this.#instanceId = instanceId;
	}

	/**
	 * Makes a container; one of the same name and the same `sh0.spec` label is taken as made. One that is about to go is waited for.
	 * Throws IMAGE_UNAVAILABLE when the image is not there, and INTERNAL when the name belongs to a container made otherwise (remove it
	 * first).
	 */
	async create(request: ContainerRequest): Promise<Pick<ContainerState, 'id' | 'status'>> {
		const labels = { ...request.labels, [LABEL.instance]: this.#instanceId };
		const options = createOptions({ ...request, labels });
		try {
			const container = await this.#write('create container', (abortSignal) =>
				this.#docker.engine.createContainer({ ...options, abortSignal }),
			);
			return { id: container.id, status: 'created' };
		} catch (error) {
			if (isDockerStatus(error, 404)) throw new AppError('IMAGE_UNAVAILABLE', { cause: error });
			if (!isDockerStatus(error, 409)) throw error;
			const existing = await this.inspect(request.name);
			if (existing && isGoing(existing)) {
				await this.#gone(existing.id);
				return this.create(request);
			}
			if (existing && existing.specHash === (request.labels[LABEL.spec] ?? null)) return existing;
			throw new AppError('INTERNAL', {
				cause: error,
				message: `container ${request.name} exists and differs`,
			});
		}
	}

	/**
	 * Puts files and folders, each with its owner and mode, below a folder of one of its volumes, over any of the same name; it need not run.
	 * Throws NOT_FOUND when there is no such container.
	 */
	async putFiles(nameOrId: string, folder: string, files: ArchiveEntry[]): Promise<void> {
		const state = await this.#own(nameOrId);
		const archive = await archiveOf(files);
		try {
			await this.#write('put files', (abortSignal) =>
				this.#handle(state.id).putArchive(archive, { path: folder, abortSignal }),
			);
		} catch (error) {
			throw await this.#unlessGone(state, error);
		}
	}

	/**
	 * Starts it; fine when it runs already. Throws PORT_TAKEN after removing the container when its host port is in use, and
	 * NOT_FOUND when there is no such container any more, or no network that it was made for.
	 */
	async start(nameOrId: string): Promise<void> {
		const state = await this.#own(nameOrId);
		try {
			if (state.status === 'paused')
				await this.#write('unpause container', () => this.#handle(state.id).unpause());
			else
				await this.#write('start container', (abortSignal) => this.#handle(state.id).start({ abortSignal }));
		} catch (error) {
			if (isDockerStatus(error, 304)) return;
			if (isDockerStatus(error, 404)) throw notFound(state, error);
			if (!isPortConflict(error)) throw await this.#unlessGone(state, error);
			await this.remove(state.id);
			const port = Object.values(state.requestedPorts)[0] ?? null;
			throw new AppError('PORT_TAKEN', { cause: error, details: { port } });
		}
	}

	/** Stops it and waits, killing it after `timeoutSeconds`; fine when it is stopped or gone. */
	async stop(nameOrId: string, timeoutSeconds: number): Promise<void> {
		const state = await this.inspect(nameOrId);
		if (!state) return;
		// The engine cannot stop what is frozen: the signal would wait for ever.
		try {
			if (state.status === 'paused')
				await this.#write('unpause container', () => this.#handle(state.id).unpause());
			const limitMs = timeoutSeconds * 1_000 + CALL_LIMITS_MS.write;
			await this.#docker.call({ what: 'stop container', limitMs }, () =>
				this.#handle(state.id).stop({ t: timeoutSeconds }),
			);
		} catch (error) {
			if (isDockerStatus(error, 304)) return;
			const known = await this.#unlessGone(state, error);
			if (!isAppError(known, 'NOT_FOUND')) throw known;
		}
	}

	/** Removes it with its anonymous volumes, killing it if it runs; fine when it is gone. Named volumes stay. */
	async remove(nameOrId: string): Promise<void> {
		const state = await this.inspect(nameOrId);
		if (!state) return;
		await this.#write('remove container', () =>
			this.#handle(state.id).remove({ force: true, v: true }),
		).catch(ignore(404, 409));
		await this.#gone(state.id);
	}

	/** Its state, or null when there is none of ours. */
	async inspect(nameOrId: string): Promise<ContainerState | null> {
		try {
			const info = await this.#docker.call({ what: 'inspect container', isLook: true }, (abortSignal) =>
				this.#handle(nameOrId).inspect({ abortSignal }),
			);
			const state = stateOf(info);
			return state.labels[LABEL.instance] === this.#instanceId ? state : null;
		} catch (error) {
			if (isDockerStatus(error, 404)) return null;
			throw error;
		}
	}

	/** All of ours that carry these labels, running or not. */
	async list(labels: Labels = {}): Promise<ContainerSummary[]> {
		const filters = labelFilter({ ...labels, [LABEL.instance]: this.#instanceId });
		const found = await this.#docker.call({ what: 'list containers', isLook: true }, (abortSignal) =>
			this.#docker.engine.listContainers({ all: true, filters, abortSignal }),
		);
		return found.map(summaryOf);
	}

	/** One sample, or null when it does not run or is gone. */
	async stats(nameOrId: string): Promise<RawStats | null> {
		try {
			const options = { stream: false as const, 'one-shot': true };
			return parseStats(
				await this.#docker.call({ what: 'sample container' }, () => this.#handle(nameOrId).stats(options)),
			);
		} catch (error) {
			if (isDockerStatus(error, 404, 409)) return null;
			throw error;
		}
	}

	/** Its newest lines, oldest first, in at most `maxBytes` of log; empty when it is gone. */
	async logs(nameOrId: string, request: LogRequest & { maxBytes?: number }): Promise<LogLine[]> {
		const state = await this.inspect(nameOrId);
		if (!state) return [];
		const bytes = await this.#docker.call(
			{ what: 'read logs', limitMs: 30_000, signal: request.signal },
			(abortSignal) => this.#handle(state.id).logs({ ...logOptions(request), follow: false, abortSignal }),
		);
		return new LogParser().push(newestBytes(bytes, request.maxBytes ?? bytes.length));
	}

	/** Its newest lines and then each new one, until the container stops or `signal` aborts. Ends at once when it is gone. */
	async *follow(nameOrId: string, request: LogRequest): AsyncGenerator<LogLine> {
		const state = await this.inspect(nameOrId);
		if (!state) return;
		const source = await this.#docker.call({ what: 'follow logs', signal: request.signal }, () =>
			this.#handle(state.id).logs({ ...logOptions(request), follow: true }),
		);
		const stream = source instanceof Readable ? source : Readable.from(source);
		const end = () => stream.destroy();
		request.signal?.addEventListener('abort', end, { once: true });
		const parser = new LogParser();
		try {
			for await (const chunk of stream) yield* parser.push(Buffer.from(chunk));
		} catch (error) {
			if (!request.signal?.aborted) {
				throw new AppError('DOCKER_UNAVAILABLE', { cause: error, message: 'the log stream broke off' });
			}
		} finally {
			request.signal?.removeEventListener('abort', end);
			stream.destroy();
		}
	}

	/** The command lines of what was started in it beside its own process (`docker exec`) and still runs; empty when it is gone. */
	async startedInside(nameOrId: string): Promise<string[]> {
		const state = await this.inspect(nameOrId);
		if (!state) return [];
		const call = { what: 'look into container', isLook: true };
		const { ExecIDs } = await this.#docker.call(call, (abortSignal) =>
			this.#handle(state.id).inspect({ abortSignal }),
		);
		const found = await Promise.all(
			(ExecIDs ?? []).map((id) => this.#docker.call(call, () => this.#docker.engine.getExec(id).inspect())),
		);
		return found
			.filter(({ Running }) => Running)
			.map(({ ProcessConfig: { entrypoint, arguments: args } }) => [entrypoint, ...args].join(' '));
	}

	#handle(nameOrId: string) {
		return this.#docker.engine.getContainer(nameOrId);
	}

	#write<T>(what: string, run: (signal: AbortSignal) => Promise<T>): Promise<T> {
		return this.#docker.call({ what, limitMs: CALL_LIMITS_MS.write }, run);
	}

	async #own(nameOrId: string): Promise<ContainerState> {
		const state = await this.inspect(nameOrId);
		if (!state) throw new AppError('NOT_FOUND', { message: `no container ${nameOrId} of ours` });
		return state;
	}

	/** Docker's refusal, or NOT_FOUND when it is one because somebody is removing the container just now. */
	async #unlessGone(state: ContainerState, error: unknown): Promise<unknown> {
		if (!isDockerStatus(error, 404, 409, 500)) return error;
		const now = await this.inspect(state.id);
		return now === null || isGoing(now) ? notFound(state, error) : error;
	}

	/** A removal that another caller began answers 409 while the container is still there: its name is free only afterwards. */
	async #gone(id: string): Promise<void> {
		const deadline = Date.now() + CALL_LIMITS_MS.write;
		while (Date.now() < deadline) {
			if (!(await this.inspect(id))) return;
			await new Promise((resolve) => setTimeout(resolve, 100));
		}
		throw new AppError('INTERNAL', { message: `container ${id} is still there after its removal` });
	}
}

function notFound({ name }: ContainerState, cause: unknown): AppError {
	return new AppError('NOT_FOUND', { cause, message: `container ${name} cannot be found any more` });
}

function logOptions(request: LogRequest) {
	const since = request.sinceMs === undefined ? {} : { since: Math.floor(request.sinceMs / 1_000) };
	return { stdout: true, stderr: true, timestamps: true, tail: request.tail, ...since };
}

function ignore(...codes: number[]) {
	return (error: unknown) => {
		if (!isDockerStatus(error, ...codes)) throw error;
	};
}

/**
 * Docker tells a taken port only by its text: "port is already allocated" (another container has it) or "address already in use"
 * (a process has it).
 */
function isPortConflict(error: unknown): boolean {
	return (
		isDockerStatus(error, 500) && /port is already allocated|address already in use/i.test(error.message)
	);
}
