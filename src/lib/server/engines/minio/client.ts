import { z } from 'zod';
import { checkedAnswer, jsonOf } from '../s3-family/admin-api';
import { REGION } from '../s3-family/container';
import { HttpConnections } from '../s3-family/http';
import { signRequest } from '../s3-family/sign';
import type { StorageTarget } from '../storage';
import { refusedBy } from './errors';
import { seal } from './seal';

type Call = {
	query?: Record<string, string>;
	body?: unknown;
	/** The server takes this body only sealed with the caller's secret. */
	isSealed?: boolean;
	signal?: AbortSignal | undefined;
};

const refusalSchema = z.object({ Code: z.string().max(100) });

/** The admin API (version 3) of one server. */
export class MinioClient {
	readonly #http: HttpConnections;
	readonly #target: StorageTarget;

	constructor(target: StorageTarget) {
		this.#target = target;
		this.#http = new HttpConnections({ host: target.host, port: target.ports.admin }, { most: 4 });
	}

	/** Asks. Throws AppError. */
	async get<T extends z.ZodType>(name: string, schema: T, call: Call = {}): Promise<z.output<T>> {
		return checkedAnswer(name, schema, jsonOf(await this.#send('GET', name, call)));
	}

	/** Changes. The answers to these are sealed in a way that Node cannot open, so none is read. Throws AppError. */
	async change(method: 'PUT' | 'DELETE', name: string, call: Call = {}): Promise<void> {
		await this.#send(method, name, call);
	}

	close(): void {
		this.#http.close();
	}

	async #send(method: string, name: string, { query = {}, body, isSealed, signal }: Call): Promise<Buffer> {
		const { host, ports, user, password } = this.#target;
		const plain = body === undefined ? Buffer.alloc(0) : Buffer.from(toText(body));
		const sent = isSealed === true ? await seal(password, plain) : plain;
		const path = `/minio/admin/v3/${name}`;
		const signed = await signRequest(
			{ service: 's3', method, path, query, host: `${host}:${ports.admin}`, body: sent },
			{ region: REGION, id: user, secret: password },
		);
		const reply = await this.#http.send({ method, ...signed, body: sent, signal });
		if (reply.status >= 200 && reply.status < 300) return reply.body;
		const refusal = refusalSchema.safeParse(jsonOf(reply.body));
		throw refusedBy({ status: reply.status, code: refusal.success ? refusal.data.Code : 'unknown' });
	}
}

/** Built into the server: every right. */
export const ADMIN_POLICY = 'consoleAdmin';

/** The least that only an administrator may ask. */
export async function askLeast(client: MinioClient, signal?: AbortSignal): Promise<void> {
	await client.get('info-canned-policy', z.unknown(), { query: { name: ADMIN_POLICY }, signal });
}

function toText(body: unknown): string {
	return typeof body === 'string' ? body : JSON.stringify(body);
}
