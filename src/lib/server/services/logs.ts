import { setTimeout as sleep } from 'node:timers/promises';
import { isAppError } from '../errors';
import type { Docker } from '../docker';
import type { Redactor } from '../log';
import type { Containers } from './containers';
import type { LogLineView } from './views';

/** Lines that are read at most, from the newest back. */
export const MAX_LOG_LINES = 5_000;
/** How soon a stream that ended (its container stopped or was made anew) is taken up again. */
const RETRY_MS = 1_000;

export type LogsDeps = { docker: Docker; containers: Containers; redactor: Redactor };

/** What engines write. Every line goes through the redactor, since engines log what goes wrong in statements. */
export class ServiceLogs {
	readonly #deps: LogsDeps;

	constructor(deps: LogsDeps) {
		this.#deps = deps;
	}

	/** The newest `tail` lines, oldest first; with `search` those that hold it, in any case, among the last 5,000. */
	async read(
		serviceId: string,
		request: { tail: number; sinceMs?: number | undefined; search?: string | undefined },
	): Promise<LogLineView[]> {
		const container = await this.#deps.containers.find(serviceId);
		if (!container) return [];
		const { search, sinceMs } = request;
		const tail = search ? MAX_LOG_LINES : request.tail;
		const lines = (await this.#deps.docker.containers.logs(container.id, { tail, sinceMs })).map(this.#clean);
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

	readonly #clean = (line: LogLineView): LogLineView => ({
		...line,
		line: this.#deps.redactor.redact(line.line),
	});
}
