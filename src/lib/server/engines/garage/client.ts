import { z } from 'zod';
import { AppError } from '../../errors';
import { HttpConnections } from '../s3-family/http';
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
 * are two calls at once at most.
 */
export class GarageClient {
	readonly #http: HttpConnections;
	readonly #target: StorageTarget;

	constructor(target: StorageTarget) {
		this.#target = target;
		this.#http = new HttpConnections({ host: target.host, port: target.ports.admin }, { most: 2 });
	}

	/** Asks. Throws AppError. */
	get<T extends z.ZodType>(name: string, schema: T, call: Call = {}): Promise<z.output<T>> {
		return this.#call('GET', name, schema, call);
	}

	/** Changes. Throws AppError. */
	post<T extends z.ZodType>(name: string, schema: T, call: Call = {}): Promise<z.output<T>> {
		return this.#call('POST', name, schema, call);
	}

	close(): void {
		this.#http.close();
	}

	async #call<T extends z.ZodType>(
		method: 'GET' | 'POST',
		name: string,
		schema: T,
		{ query = {}, body, signal }: Call,
	): Promise<z.output<T>> {
		const search = new URLSearchParams(query).toString();
		const reply = await this.#http.send({
			method,
			path: `/v2/${name}${search === '' ? '' : `?${search}`}`,
			headers: {
				authorization: `Bearer ${this.#target.password.reveal()}`,
				'content-type': 'application/json',
			},
			...(body === undefined ? {} : { body: Buffer.from(JSON.stringify(body)) }),
			signal,
		});
		const answer = jsonOf(reply.body);
		if (reply.status >= 200 && reply.status < 300) return checked(name, schema, answer);
		const refusal = refusalSchema.safeParse(answer);
		throw refusedBy({ status: reply.status, code: refusal.success ? refusal.data.code : 'unknown' });
	}
}

/** Undefined for what is no JSON, as the empty answer of a removal. */
function jsonOf(body: Buffer): unknown {
	try {
		return JSON.parse(body.toString('utf8'));
	} catch {
		return undefined;
	}
}

function checked<T extends z.ZodType>(name: string, schema: T, answer: unknown): z.output<T> {
	const parsed = schema.safeParse(answer);
	if (parsed.success) return parsed.data;
	const where = parsed.error.issues.map((issue) => issue.path.join('.')).join(', ');
	throw new AppError('ENGINE_REFUSED', {
		message: `the answer to ${name} has an unknown form at ${where}`,
		details: { code: 'answer' },
	});
}

/** Takes any answer, for calls that answer nothing of interest. */
export const anyAnswer = z.unknown();
