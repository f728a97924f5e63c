import { Agent, request, type OutgoingHttpHeaders } from 'node:http';
import { AppError } from '../../errors';

export type HttpCall = {
	method: string;
	/** Encoded, with its query. */
	path: string;
	headers?: OutgoingHttpHeaders;
	body?: Buffer;
	signal?: AbortSignal | undefined;
};
export type HttpReply = { status: number; body: Buffer };

export type HttpOptions = {
	/** Connections at most, the idle ones among them. */
	most?: number;
	/** For one call, from its turn to the last byte of the answer. */
	limitMs?: number;
	maxReplyBytes?: number;
};

/** A few kept connections to one server's own API. Calls past their number wait in line. */
export class HttpConnections {
	readonly #server: { host: string; port: number };
	readonly #agent: Agent;
	readonly #limitMs: number;
	readonly #maxReplyBytes: number;

	constructor(
		{ host, port }: { host: string; port: number },
		{ most = 2, limitMs = 30_000, maxReplyBytes = 64 * 1024 * 1024 }: HttpOptions = {},
	) {
		this.#server = { host, port };
		this.#limitMs = limitMs;
		this.#maxReplyBytes = maxReplyBytes;
		// An idle connection is given up before a server or proxy would cut it.
		this.#agent = new Agent({ keepAlive: true, maxSockets: most, maxFreeSockets: most, timeout: limitMs });
	}

	/** Throws ENGINE_UNREACHABLE when there is no whole answer in time, and the signal's reason when that aborts. */
	async send(call: HttpCall): Promise<HttpReply> {
		try {
			return await this.#attempt(call);
		} catch (error) {
			call.signal?.throwIfAborted();
			throw new AppError('ENGINE_UNREACHABLE', { cause: error });
		}
	}

	close(): void {
		this.#agent.destroy();
	}

	async #attempt(call: HttpCall): Promise<HttpReply> {
		const limit = AbortSignal.timeout(this.#limitMs);
		const signal = call.signal ? AbortSignal.any([call.signal, limit]) : limit;
		const first = await this.#once(call, signal);
		// The server had closed the kept connection just when it was taken: what only asks is asked again.
		return first === 'stale' ? this.#mustAnswer(await this.#once(call, signal)) : first;
	}

	#mustAnswer(reply: HttpReply | 'stale'): HttpReply {
		if (reply === 'stale') throw new Error('the server closed the connection');
		return reply;
	}

	#once({ method, path, headers, body }: HttpCall, signal: AbortSignal): Promise<HttpReply | 'stale'> {
		return new Promise((resolve, reject) => {
			const outgoing = request({
				...this.#server,
				agent: this.#agent,
				method,
				path,
				signal,
				headers: { ...headers, 'content-length': body?.length ?? 0 },
			});
			let hasAnswer = false;
			outgoing.on('error', (error: NodeJS.ErrnoException) => {
				const isStale =
					outgoing.reusedSocket && !hasAnswer && error.code === 'ECONNRESET' && method === 'GET';
				if (isStale) resolve('stale');
				else reject(error);
			});
			outgoing.on('response', (incoming) => {
				hasAnswer = true;
				const chunks: Buffer[] = [];
				let size = 0;
				incoming.on('data', (chunk: Buffer) => {
					size += chunk.length;
					chunks.push(chunk);
					if (size > this.#maxReplyBytes) incoming.destroy(new Error('the answer is too long'));
				});
				incoming.on('error', reject);
				incoming.on('end', () => resolve({ status: incoming.statusCode ?? 0, body: Buffer.concat(chunks) }));
			});
			outgoing.end(body);
		});
	}
}
