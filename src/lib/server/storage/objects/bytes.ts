import { bucketNameProblem, canBeThere } from '$lib/shared/storage-names';
import { encodeKey } from '../../engines/s3-family/paths';
import { isOwnSignature, presign, queryText, SIGNED_HOST } from '../../engines/s3-family/presign';
import type { PortsByRole } from '../../engines/storage';
import { refusalCode } from '../../engines/s3-family/client';
import { AppError, isAppError } from '../../errors';
import { storageEngine, type StorageDeps, type StorageService } from '../deps';
import { writeFailure } from '../full-buckets';
import { assertObjectKey, openBucket } from './objects';

/** Looked at when a request arrives; what is under way goes on. */
const SIGNED_SECONDS = 15 * 60;
/** So many requests of a page at once ask Docker for the ports only once. */
const PORTS_MS = 2_000;

/** A request to an engine on 127.0.0.1 that stands for one of ours; whoever sends it adds headers that are not signed, such as Range. */
type Upstream = { port: number; path: string; headers: Record<string, string> };

type InBucket = { bucket: string; key: string };

type LinkRequest = InBucket & {
	serviceId: string;
	method: 'GET' | 'HEAD';
	/** The rest of the query. */
	signature: [string, string][];
	/** Those that are passed on. */
	headers: Record<string, string>;
};

export type BytesDeps<S extends StorageService> = StorageDeps<S> & {
	/** A service that people have not thrown away, whoever asks. */
	findReady(serviceId: string): S | null;
};

/** Where the bytes of objects are read and written. */
export class ObjectBytes<S extends StorageService> {
	readonly #deps: BytesDeps<S>;
	readonly #ports = new Map<string, { until: number; ports: Promise<PortsByRole> }>();

	constructor(deps: BytesDeps<S>) {
		this.#deps = deps;
	}

	/** Throws NOT_SUPPORTED, SERVICE_NOT_RUNNING, ENGINE_UNREACHABLE, BUCKET_NOT_FOUND, OBJECT_NOT_FOUND. */
	async read(service: S, object: InBucket & { method: 'GET' | 'HEAD' }): Promise<Upstream> {
		if (!canBeThere(object.key)) throw new AppError('OBJECT_NOT_FOUND');
		return this.#signed(service, { ...object, level: 'read', query: {} });
	}

	/** The whole object, or a part of an upload. Throws as `read`, and OBJECT_KEY_INVALID. */
	async write(
		service: S,
		{ bucket, key, part }: InBucket & { part: { uploadId: string; number: number } | null },
	): Promise<Upstream> {
		assertObjectKey(this.#deps, service, key);
		const query = part === null ? {} : { uploadId: part.uploadId, partNumber: String(part.number) };
		return this.#signed(service, { bucket, key, method: 'PUT', level: 'write', query });
	}

	/** What an engine's refusal of such a request means. */
	refusal({ name, message }: { name: string; message: string }): AppError {
		const code = refusalCode(name, message);
		return code ? new AppError(code) : new AppError('ENGINE_REFUSED', { details: { code: name } });
	}

	/** What kept an object or a part from being written, such as a full bucket; `refusal` is what the engine's answer says by itself. */
	writeFailure(service: S, bucket: string, refusal: AppError): Promise<unknown> {
		return writeFailure(this.#deps, { service, bucket }, refusal);
	}

	/**
	 * What a link of ours stands for, by its signature or because the bucket is public, which the engine itself judges. Null for a request
	 * that must not reach it, and when there is no such service or it does not run.
	 */
	async link(request: LinkRequest): Promise<Upstream | null> {
		const service = this.#deps.findReady(request.serviceId);
		if (service === null) return null;
		const upstream = await this.#linked(service, request).catch((error: unknown) => {
			if (isAppError(error)) return null;
			throw error;
		});
		if (upstream === null) return null;
		const [path = '', query = ''] = upstream.path.split('?');
		const rule = storageEngine(this.#deps, service).storageAdmin.refusal({
			...{ method: request.method, path, query: new URLSearchParams(query) },
			headers: Object.entries({ ...request.headers, ...upstream.headers }),
		});
		if (rule === null) return upstream;
		this.#deps.log.warn('storage.link_refused', { service: service.id, rule });
		return null;
	}

	async #linked(
		service: S,
		{ bucket, key, signature }: InBucket & { signature: [string, string][] },
	): Promise<Upstream | null> {
		const { storageAdmin } = storageEngine(this.#deps, service);
		if (bucketNameProblem(bucket, { isDomain: true }) || !canBeThere(key)) return null;
		const ports = await this.#portsOf(service);
		if (signature.some(([name]) => name === 'X-Amz-Signature')) {
			// The panel is no way in for the keys of apps: those are signed for the engine's own address.
			if (!isOwnSignature(signature)) return null;
			const path = `/${bucket}/${encodeKey(key)}?${queryText(signature)}`;
			return { port: ports.s3, path, headers: { host: SIGNED_HOST } };
		}
		const { role, host, path } = storageAdmin.publicObject({ bucket, key });
		// A bucket's own path is its start page where it is a website, and the list of its objects everywhere else.
		if (key === '' && role !== 'web') return null;
		const port = ports[role];
		return port === undefined ? null : { port, path, headers: { host: host ?? SIGNED_HOST } };
	}

	#portsOf(service: S): Promise<PortsByRole> {
		const kept = this.#ports.get(service.id);
		if (kept && kept.until > Date.now()) return kept.ports;
		const ports = this.#deps.broker.storagePorts(service);
		this.#ports.set(service.id, { until: Date.now() + PORTS_MS, ports });
		ports.catch(() => this.#ports.delete(service.id));
		return ports;
	}

	async #signed(
		service: S,
		request: InBucket & {
			method: 'GET' | 'HEAD' | 'PUT';
			level: 'read' | 'write';
			query: Record<string, string>;
		},
	): Promise<Upstream> {
		const { bucket, key, method, level, query } = request;
		const access = await openBucket(this.#deps, service, { bucket, level });
		const signed = await presign(access, { method, bucket, key, query, expiresInSeconds: SIGNED_SECONDS });
		return {
			port: Number(new URL(access.endpoint).port),
			path: `/${bucket}/${encodeKey(key)}?${queryText(signed)}`,
			headers: { host: SIGNED_HOST },
		};
	}
}
