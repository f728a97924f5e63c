import { Agent } from 'node:http';
import { inspect } from 'node:util';
import Dockerode from 'dockerode';
import { AppError, isAppError } from '../errors';

/** Docker's refusal of one call. An unexpected one reaches nobody: callers translate the codes they know. */
export class DockerStatusError extends Error {
	readonly statusCode: number;

	constructor(what: string, statusCode: number, text: string, cause: unknown) {
		super(`Docker refused "${what}" with ${statusCode}: ${text}`, { cause });
		this.name = 'DockerStatusError';
		this.statusCode = statusCode;
	}
}

/** True when `error` is Docker's refusal with one of these status codes. */
export function isDockerStatus(error: unknown, ...codes: number[]): error is DockerStatusError {
	return error instanceof DockerStatusError && codes.includes(error.statusCode);
}

/**
 * How long a call may take before the engine counts as not answering, in milliseconds. Docker answers the removal of a volume only when
 * every file is gone: a thousand databases take minutes.
 */
export const CALL_LIMITS_MS = { ping: 3_000, read: 10_000, write: 60_000, removeVolume: 600_000 } as const;

export type DockerCall = {
	/** For the log, such as `start container`. */
	what: string;
	/** Default: `CALL_LIMITS_MS.read`. */
	limitMs?: number;
	/** A mere look at what is there: when even that is answered by 500, the engine is sick and counts as not answering. */
	isLook?: boolean;
	/** The caller's own wish to stop; its reason is what the call then throws. */
	signal?: AbortSignal | undefined;
};

/** The one handle to dockerode: every call goes through `call`, which sets the time limit and translates errors. */
export class DockerClient {
	readonly engine: Dockerode;
	/** Whose label everything made carries. */
	readonly instanceId: string;

	constructor(socketPath: string, instanceId = 'none') {
		this.instanceId = instanceId;
		this.engine = new Dockerode({ socketPath });
		// A kept-alive connection does not survive the engine's restart: the next call would fail for nothing.
		Object.assign(this.engine.modem, { agent: new Agent({ keepAlive: false }) });
		leaveUnread(this.engine.modem);
	}

	/**
	 * Runs one call. Throws DOCKER_UNAVAILABLE when the engine does not answer within the limit or cannot be reached, and
	 * DockerStatusError when it refuses. Hand `signal` on to dockerode as `abortSignal` so that the socket is closed too.
	 */
	async call<T>(call: DockerCall, run: (signal: AbortSignal) => Promise<T>): Promise<T> {
		const limitMs = call.limitMs ?? CALL_LIMITS_MS.read;
		const limit = new AbortController();
		const timer = setTimeout(() => limit.abort(new Error(`no answer in ${limitMs} ms`)), limitMs);
		const signal = call.signal ? AbortSignal.any([limit.signal, call.signal]) : limit.signal;
		const { promise: aborted, stop } = rejectOnAbort(signal);
		try {
			return await Promise.race([run(signal), aborted]);
		} catch (error) {
			if (call.signal?.aborted) throw call.signal.reason;
			throw translate(call, error);
		} finally {
			clearTimeout(timer);
			stop();
		}
	}
}

/**
 * docker-modem renders the options of each request as text for a debugger that nobody runs, and with them, by way of the agent and the
 * signal, every socket that is open: many calls at once held the whole process for seconds.
 */
function leaveUnread(modem: object): void {
	const buildRequest: unknown = Reflect.get(modem, 'buildRequest');
	if (typeof buildRequest !== 'function') return;
	const build = (options: object, ...rest: unknown[]): unknown => {
		Object.defineProperty(options, inspect.custom, { value: () => '' });
		return Reflect.apply(buildRequest, modem, [options, ...rest]);
	};
	Reflect.set(modem, 'buildRequest', build);
}

/** A promise that rejects with the signal's reason; it settles the race even when dockerode never calls back. */
function rejectOnAbort(signal: AbortSignal): { promise: Promise<never>; stop: () => void } {
	let stop = () => {};
	const promise = new Promise<never>((_resolve, reject) => {
		const onAbort = () => reject(signal.reason);
		if (signal.aborted) return onAbort();
		signal.addEventListener('abort', onAbort, { once: true });
		stop = () => signal.removeEventListener('abort', onAbort);
	});
	promise.catch(() => {});
	return { promise, stop };
}

const gatewayCodes = new Set([502, 503, 504]);

function translate({ what, isLook }: DockerCall, error: unknown): unknown {
	if (isAppError(error) || error instanceof DockerStatusError) return error;
	const statusCode = statusCodeOf(error);
	const text = error instanceof Error ? error.message : String(error);
	const isSick = statusCode === 500 && isLook === true;
	if (statusCode === undefined || gatewayCodes.has(statusCode) || isSick) {
		return new AppError('DOCKER_UNAVAILABLE', {
			cause: error,
			message: `Docker did not do "${what}": ${text}`,
		});
	}
	return new DockerStatusError(what, statusCode, text, error);
}

function statusCodeOf(error: unknown): number | undefined {
	if (typeof error !== 'object' || error === null || !('statusCode' in error)) return undefined;
	return typeof error.statusCode === 'number' ? error.statusCode : undefined;
}
