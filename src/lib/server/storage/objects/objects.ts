import { linkPath, type LinkLifetime } from '$lib/shared/storage-links';
import { canBeThere, objectKeyProblem, type ObjectKeyReason } from '$lib/shared/storage-names';
import { BucketObjects, type ObjectHead, type ObjectPage } from '../../engines/s3-family/objects';
import { removeKeys } from '../../engines/s3-family/object-removal';
import { presign } from '../../engines/s3-family/presign';
import type { AccessLevel, StorageAccess } from '../../engines/storage';
import { AppError } from '../../errors';
import { traitsOf, type StorageDeps, type StorageService } from '../deps';
import { writeFailure } from '../full-buckets';
import type { ChosenObjects } from './operations';

/** A key of sh0's own is shared for so long. */
const ACCESS_MS = 60 * 60_000;

type InBucket = { bucket: string; key: string };
type Upload = InBucket & { uploadId: string };
type PartFacts = { number: number; sizeBytes: number };

type Engines = Pick<StorageDeps, 'engineById'>;

/** Why the service's engine keeps nothing under this key: it refuses it, or takes it for another one. */
function problemOf(deps: Engines, service: StorageService, key: string): ObjectKeyReason | null {
	return objectKeyProblem(key, traitsOf(deps, service));
}

/** Throws OBJECT_KEY_INVALID for a key under which the service's engine keeps nothing. */
export function assertObjectKey(deps: Engines, service: StorageService, key: string): void {
	const reason = problemOf(deps, service, key);
	if (reason !== null) throw new AppError('OBJECT_KEY_INVALID', { details: { reason }, field: 'key' });
}

/** Opens one bucket of a service with no more rights than these. Throws NOT_SUPPORTED, SERVICE_NOT_RUNNING, BUCKET_NOT_FOUND. */
export async function openBucket<S extends StorageService>(
	deps: StorageDeps<S>,
	service: S,
	{ bucket, level, lifetimeMs = ACCESS_MS }: { bucket: string; level: AccessLevel; lifetimeMs?: number },
): Promise<StorageAccess> {
	const admin = await deps.broker.storageAdmin(service);
	return admin.access({ bucket, level, lifetimeMs });
}

/** The objects of buckets. Everything throws SERVICE_NOT_RUNNING, ENGINE_UNREACHABLE, NOT_SUPPORTED, BUCKET_NOT_FOUND. */
export class StorageObjects<S extends StorageService> {
	readonly #deps: StorageDeps<S>;

	constructor(deps: StorageDeps<S>) {
		this.#deps = deps;
	}

	/** One level below a prefix: folders and objects by name, those whose name begins with `search`. */
	list(
		service: S,
		request: { bucket: string; prefix: string; search: string; cursor: string | null; limit: number },
	): Promise<ObjectPage> {
		const { bucket, prefix, search, cursor, limit } = request;
		return this.#within(service, bucket, 'read', async (objects) => {
			// The engine would list another folder.
			if (this.#isTakenForAnother(service, prefix + search))
				return { prefixes: [], objects: [], nextCursor: null };
			const page = await objects.list({ prefix: prefix + search, cursor, limit });
			// A folder that was made by hand is an empty object of its own name.
			return { ...page, objects: page.objects.filter(({ key }) => key !== prefix) };
		});
	}

	/** Throws OBJECT_NOT_FOUND. */
	async head(service: S, { bucket, key }: InBucket): Promise<ObjectHead> {
		if (!canBeThere(key)) throw new AppError('OBJECT_NOT_FOUND');
		return this.#within(service, bucket, 'read', (objects) => objects.head(key));
	}

	/** Makes a folder that can be seen although nothing is in it. Throws OBJECT_KEY_INVALID, STORAGE_QUOTA_EXCEEDED. */
	async createFolder(service: S, input: { bucket: string; prefix: string; name: string }): Promise<string> {
		const key = `${input.prefix}${input.name}/`;
		assertObjectKey(this.#deps, service, key);
		await this.#within(service, input.bucket, 'write', (objects) => objects.putEmpty(key));
		return key;
	}

	/** Removes up to a thousand objects; what is not there is fine. Throws OBJECTS_NOT_REMOVED. */
	async remove(service: S, { bucket, keys }: { bucket: string; keys: string[] }): Promise<void> {
		const access = await openBucket(this.#deps, service, { bucket, level: 'remove' });
		const { leavesFolders } = traitsOf(this.#deps, service);
		await removeKeys(access, { bucket, keys: this.#possible(service, keys), leavesFolders });
	}

	/**
	 * What is to go with the folders among it; keys under which nothing can be are left out. Throws OBJECT_KEY_INVALID for a prefix that the
	 * engine would take for another one.
	 */
	async planRemoval(service: S, chosen: Omit<ChosenObjects, 'bucketId'>): Promise<ChosenObjects> {
		for (const prefix of chosen.prefixes) {
			const reason = problemOf(this.#deps, service, prefix);
			if (reason !== null)
				throw new AppError('OBJECT_KEY_INVALID', { details: { reason }, field: 'prefixes' });
		}
		const admin = await this.#deps.broker.storageAdmin(service);
		const bucketId = await admin.bucketId(chosen.bucket);
		return { ...chosen, bucketId, keys: this.#possible(service, chosen.keys) };
	}

	/** Begins an upload in parts; its id. Throws OBJECT_KEY_INVALID. */
	async createUpload(service: S, input: InBucket & { contentType: string }): Promise<string> {
		assertObjectKey(this.#deps, service, input.key);
		return this.#within(service, input.bucket, 'write', (objects) => objects.createUpload(input));
	}

	/** What of an upload is there. Throws UPLOAD_NOT_FOUND. */
	listParts(service: S, upload: Upload): Promise<PartFacts[]> {
		return this.#within(service, upload.bucket, 'write', (objects) => objects.listParts(upload));
	}

	/**
	 * Makes the object of parts 1 to `parts`. Throws UPLOAD_NOT_FOUND, STORAGE_QUOTA_EXCEEDED, and UPLOAD_INCOMPLETE unless exactly those
	 * are there and have this size together.
	 */
	completeUpload(service: S, upload: Upload & { parts: number; sizeBytes: number }): Promise<void> {
		return this.#within(service, upload.bucket, 'write', async (objects) => {
			const parts = await objects.listParts(upload);
			const isWhole =
				parts.length === upload.parts &&
				parts.every(({ number }, index) => number === index + 1) &&
				parts.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) === upload.sizeBytes;
			if (!isWhole) throw new AppError('UPLOAD_INCOMPLETE');
			await objects.completeUpload({ ...upload, parts });
		});
	}

	/** Ends an upload and frees its parts; one that is over is fine. */
	abortUpload(service: S, upload: Upload): Promise<void> {
		return this.#within(service, upload.bucket, 'write', (objects) => objects.abortUpload(upload));
	}

	/**
	 * A link by which whoever has it reads this object until it expires, as a path of the panel: an engine on 127.0.0.1 is reached by nobody
	 * else. Throws OBJECT_NOT_FOUND.
	 */
	async signedLink(
		service: S,
		{ bucket, key, expiresInSeconds }: InBucket & { expiresInSeconds: LinkLifetime },
	): Promise<{ path: string; expiresAt: Date }> {
		await this.head(service, { bucket, key });
		const lifetimeMs = expiresInSeconds * 1_000;
		const access = await openBucket(this.#deps, service, { bucket, level: 'read', lifetimeMs });
		const now = new Date();
		const query = await presign(access, { method: 'GET', bucket, key, expiresInSeconds }, now);
		return {
			path: linkPath({ serviceId: service.id, bucket, key }, query),
			expiresAt: new Date(now.getTime() + lifetimeMs),
		};
	}

	/** True when the folder that these keys begin with is none of the engine's. */
	#isTakenForAnother(service: S, beginning: string): boolean {
		const folder = beginning.slice(0, beginning.lastIndexOf('/') + 1);
		return folder !== '' && problemOf(this.#deps, service, folder) === 'segments';
	}

	/** Those under which there can be something, be it written by an app with more rights than sh0 takes. */
	#possible(service: S, keys: string[]): string[] {
		return keys.filter((key) => {
			const reason = problemOf(this.#deps, service, key);
			return reason === null || reason === 'lineBreaks';
		});
	}

	async #within<T>(
		service: S,
		bucket: string,
		level: 'read' | 'write',
		use: (objects: BucketObjects) => Promise<T>,
	): Promise<T> {
		const objects = new BucketObjects(await openBucket(this.#deps, service, { bucket, level }), bucket);
		try {
			return await use(objects);
		} catch (error) {
			throw level === 'write' ? await writeFailure(this.#deps, { service, bucket }, error) : error;
		} finally {
			objects.close();
		}
	}
}
