import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import { MIB } from '$lib/shared/units';
import { isAppError } from '../errors';
import type { Docker } from '../docker';
import type { Redactor } from '../log';
import type { LogLineView } from './views';

/** Lines that are read at most, from the newest back. */
export const MAX_LOG_LINES = 5_000;
/** Of these lines' bytes, as many from the newest back. */
export const MAX_LOG_BYTES = 2 * MIB;
/** Characters that are looked through in one go: some 10 ms. After each, others get their turn. */
const SLICE_CHARACTERS = 64 * 1_024;
/** How soon a stream that ended (its container stopped or was made anew) is taken up again. */
const RETRY_MS = 1_000;

export type LogsDeps = {
	docker: { containers: Pick<Docker['containers'], 'logs' | 'follow'> };
	containers: { find(serviceId: string): Promise<{ id: string } | null> };
	redactor: Redactor;
};

/** What engines write. Every line goes through the redactor, since engines log what goes wrong in statements. */
export class ServiceLogs {
	readonly #deps: LogsDeps;

	constructor(deps: LogsDeps) {
		this.#deps = deps;
	}

	/** The newest `tail` lines, oldest first; with `search` those that hold it, in any case, among the last 5,000. Of 2 MiB at most. */
	async read(
		serviceId: string,
		request: { tail: number; sinceMs?: number | undefined; search?: string | undefined },
	): Promise<LogLineView[]> {
		const container = await this.#deps.containers.find(serviceId);
		if (!container) return [];
		const { search, sinceMs } = request;
		const tail = search ? MAX_LOG_LINES : request.tail;
		const limits = { tail, sinceMs, maxBytes: MAX_LOG_BYTES };
		const lines = await this.#cleanAll(await this.#deps.docker.containers.logs(container.id, limits));
		if (!search) return lines;
		const wanted = search.toLowerCase();
		return lines.filter(({ line }) => line.toLowerCase().includes(wanted)).slice(-request.tail);
	}

	/** The newest `tail` lines and then each new one, over restarts, until `signal` aborts. */
	async *follow(
		serviceId: string,
		request: { tail: number; signal: AbortSignal },
	): AsyncGenerator<LogLineView> {
		const { signal } = request;
		let tail = request.tail;
		let newestMs: number | undefined;
		while (!signal.aborted) {
			try {
				for await (const line of this.#followOnce(serviceId, { tail, sinceMs: newestMs, signal })) {
					// `since` counts in whole seconds: what was sent already comes again.
					if (newestMs !== undefined && tail === MAX_LOG_LINES && line.at.getTime() <= newestMs) continue;
					yield line;
					newestMs = line.at.getTime();
				}
			} catch (error) {
				if (!isAppError(error, 'DOCKER_UNAVAILABLE')) throw error;
			}
			if (newestMs !== undefined) tail = MAX_LOG_LINES;
			await sleep(RETRY_MS, undefined, { signal }).catch(() => {});
		}
	}

	async *#followOnce(
		serviceId: string,
		request: { tail: number; sinceMs: number | undefined; signal: AbortSignal },
	): AsyncGenerator<LogLineView> {
		const container = await this.#deps.containers.find(serviceId);
		if (!container) return;
		for await (const line of this.#deps.docker.containers.follow(container.id, request))
			yield this.#clean(line);
	}

	async #cleanAll(lines: LogLineView[]): Promise<LogLineView[]> {
		const clean: LogLineView[] = [];
		let inSlice = 0;
		for (const line of lines) {
			clean.push(this.#clean(line));
			inSlice += line.line.length;
			if (inSlice < SLICE_CHARACTERS) continue;
			inSlice = 0;
			await setImmediate();
		}
		return clean;
	}

	readonly #clean = (line: LogLineView): LogLineView => ({
		...line,
		line: this.#deps.redactor.redact(line.line),
	});
}
