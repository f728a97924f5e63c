import { z } from 'zod';
import { checkedAnswer, jsonOf } from '../s3-family/admin-api';
import { REGION } from '../s3-family/container';
import { HttpConnections, type HttpReply } from '../s3-family/http';
import { signRequest } from '../s3-family/sign';
import type { StorageTarget } from '../storage';
import { rootKeyId } from './container';
import { refusedBy } from './errors';
import { textsOf } from './xml';

/** What the server says of itself lies in each bucket, in no list, where backup programs look for it (Smart Object Storage API). */
export const SYSTEM_FOLDER = '.system-d26a9498-cb7c-4a87-a44a-8ae204f5ba6c';

const quotaSchema = z.object({ quota_size: z.number(), quota_enabled: z.boolean() });

const capacitySchema = z.object({
	usedBytes: z.int(),
	/** Of the disk; of the bucket itself when it has a limit. */
	totalBytes: z.int(),
	freeBytes: z.int(),
});
export type Capacity = z.infer<typeof capacitySchema>;

type Request = {
	service: 's3' | 'iam';
	method: 'GET' | 'POST' | 'PUT';
	path: string;
	query?: Record<string, string>;
	headers?: Record<string, string>;
	body?: string;
	signal?: AbortSignal | undefined;
};

/** What S3 itself has no calls for: accounts (IAM's API) and the server's own settings of a bucket. Everything throws AppError. */
export class SeaweedClient {
	readonly #http: HttpConnections;
	readonly #target: StorageTarget;

	constructor(target: StorageTarget) {
		this.#target = target;
		this.#http = new HttpConnections({ host: target.host, port: target.ports.admin }, { most: 4 });
	}

	/** One action of IAM's API; its answer is XML. */
	async iam(action: string, values: Record<string, string> = {}, signal?: AbortSignal): Promise<string> {
		const body = new URLSearchParams({ Action: action, Version: '2010-05-08', ...values }).toString();
		const headers = { 'content-type': 'application/x-www-form-urlencoded' };
		const reply = await this.#send({ service: 'iam', method: 'POST', path: '/', headers, body, signal });
		return reply.body.toString('utf8');
	}

	/** Bytes, or null when there is no limit. */
	async getQuota(bucket: string): Promise<number | null> {
		const query = { 'seaweedfs-quota': '' };
		const reply = await this.#send({ service: 's3', method: 'GET', path: `/${bucket}`, query });
		const quota = checkedAnswer('seaweedfs-quota', quotaSchema, jsonOf(reply.body));
		return quota.quota_enabled ? quota.quota_size : null;
	}

	async setQuota(bucket: string, maxBytes: number | null): Promise<void> {
		const query = { 'seaweedfs-quota': '' };
		const quota = { quota_size: maxBytes ?? 0, quota_unit: 'B', quota_enabled: maxBytes !== null };
		const body = JSON.stringify(quota);
		await this.#send({ service: 's3', method: 'PUT', path: `/${bucket}`, query, body });
	}

	/** The server's name and version, as any bucket tells. Throws BUCKET_NOT_FOUND. */
	async getModel(bucket: string): Promise<string | null> {
		return textsOf(await this.#getSystem(bucket, 'system.xml'), 'ModelName')[0] ?? null;
	}

	/** Throws BUCKET_NOT_FOUND. */
	async getCapacity(bucket: string): Promise<Capacity> {
		const xml = await this.#getSystem(bucket, 'capacity.xml');
		const numberOf = (name: string) => Number(textsOf(xml, name)[0]);
		return checkedAnswer('capacity', capacitySchema, {
			...{ usedBytes: numberOf('Used'), totalBytes: numberOf('Capacity'), freeBytes: numberOf('Available') },
		});
	}

	close(): void {
		this.#http.close();
	}

	async #getSystem(bucket: string, name: string): Promise<string> {
		const path = `/${bucket}/${SYSTEM_FOLDER}/${name}`;
		return (await this.#send({ service: 's3', method: 'GET', path })).body.toString('utf8');
	}

	async #send({
		service,
		method,
		path,
		query = {},
		headers = {},
		body = '',
		signal,
	}: Request): Promise<HttpReply> {
		const { host, ports, password } = this.#target;
		const sent = Buffer.from(body);
		const signed = await signRequest(
			{ service, method, path, query, host: `${host}:${ports.admin}`, headers, body: sent },
			{ region: REGION, id: rootKeyId(password), secret: password },
		);
		const reply = await this.#http.send({ method, ...signed, body: sent, signal });
		if (reply.status >= 200 && reply.status < 300) return reply;
		const [code = 'unknown'] = textsOf(reply.body.toString('utf8'), 'Code');
		throw refusedBy({ status: reply.status, code: code.slice(0, 100) });
	}
}
