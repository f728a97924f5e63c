import { z } from 'zod';
import { checkedAnswer, jsonOf } from '../s3-family/admin-api';
import { HttpConnections, type HttpReply } from '../s3-family/http';
import type { StorageTarget } from '../storage';
import { refusalSchema } from './answers';
import { refusedBy } from './errors';

type Call = {
	query?: Record<string, string>;
	body?: unknown;
	signal?: AbortSignal | undefined;
};

/**
 * The admin API (version 2) of one server. The server hashes the token anew for every call, which takes 19 MiB and 20 ms of it, so there
 * are two calls at once at most, and one answer for all who ask the same at the same time.
 */
export class GarageClient {
	readonly #http: HttpConnections;
	readonly #target: StorageTarget;
	/** Questions under way that nothing has changed the answer to. */
	readonly #asked = new Map<string, Promise<HttpReply>>();

	constructor(target: StorageTarget) {
		this.#target = target;
		this.#http = new HttpConnections({ host: target.host, port: target.ports.admin }, { most: 2 });
	}

	/** Asks. Throws AppError. */
	get<T extends z.ZodType>(name: string, schema: T, call: Call = {}): Promise<z.output<T>> {
		return this.#answer(name, schema, this.#ask(pathOf(name, call), call.signal));
	}

	/** Changes. Throws AppError. */
	async post<T extends z.ZodType>(name: string, schema: T, call: Call = {}): Promise<z.output<T>> {
		try {
			return await this.#answer(name, schema, this.#send('POST', pathOf(name, call), call));
		} finally {
			this.#asked.clear();
		}
	}

	close(): void {
		this.#http.close();
	}

	#ask(path: string, signal: AbortSignal | undefined): Promise<HttpReply> {
		// Whoever may break off breaks off for nobody else.
		if (signal) return this.#send('GET', path, { signal });
		const underWay = this.#asked.get(path);
		if (underWay) return underWay;
		const reply = this.#send('GET', path, {});
		this.#asked.set(path, reply);
		const forget = (): void => {
			if (this.#asked.get(path) === reply) this.#asked.delete(path);
		};
		void reply.then(forget, forget);
		return reply;
	}

	#send(method: 'GET' | 'POST', path: string, { body, signal }: Call): Promise<HttpReply> {
		return this.#http.send({
			method,
			path,
			headers: {
				authorization: `Bearer ${this.#target.password.reveal()}`,
				'content-type': 'application/json',
			},
			...(body === undefined ? {} : { body: Buffer.from(JSON.stringify(body)) }),
			signal,
		});
	}

	async #answer<T extends z.ZodType>(
		name: string,
		schema: T,
		answer: Promise<HttpReply>,
	): Promise<z.output<T>> {
		const reply = await answer;
		const parsed = jsonOf(reply.body);
		if (reply.status >= 200 && reply.status < 300) return checkedAnswer(name, schema, parsed);
		const refusal = refusalSchema.safeParse(parsed);
		throw refusedBy({ status: reply.status, code: refusal.success ? refusal.data.code : 'unknown' });
	}
}

function pathOf(name: string, { query = {} }: Call): string {
	const search = new URLSearchParams(query).toString();
	return `/v2/${name}${search === '' ? '' : `?${search}`}`;
}

/** Takes any answer, for calls that answer nothing of interest. */
export const anyAnswer = z.unknown();
