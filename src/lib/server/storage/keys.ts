import { s3Endpoint } from '../engines/s3-family/admin-api';
import { assertBucketName, assertKeyId } from '../engines/s3-family/checks';
import { newKey } from '../engines/s3-family/key-material';
import { tryKey, type TrialStep } from '../engines/s3-family/trial';
import { pageOf, type Page, type PageRequest } from '../engines/page';
import type { BucketPermission, StorageAdmin, StorageKeyInfo } from '../engines/storage';
import { AppError } from '../errors';
import type { Secret } from '../secret';
import { assertCan, storageEngine, type StorageDeps, type StorageService } from './deps';

export type Permission = BucketPermission & { bucket: string };
type KeyView = Omit<StorageKeyInfo, 'name'> & { id: string };
export type KeyMatrix = Page<KeyView> & {
	buckets: string[];
	nextBucketCursor: string | null;
	bucketTotal: number;
};

export type NewKey = { description: string; expiresAt: Date | null; permissions: Permission[] };

function viewOf({ name: id, ...facts }: StorageKeyInfo): KeyView {
	return { id, ...facts };
}

/**
 * Access keys of apps. Everything throws SERVICE_NOT_RUNNING, ENGINE_UNREACHABLE, DOCKER_UNAVAILABLE, and NOT_SUPPORTED for a service
 * without keys or for what its engine cannot do.
 */
export class StorageKeys<S extends StorageService> {
	readonly #deps: StorageDeps<S>;

	constructor(deps: StorageDeps<S>) {
		this.#deps = deps;
	}

	/** A page of keys on a page of buckets. Each key names all buckets it has rights in, those not shown too. */
	async list(service: S, { keys, buckets }: { keys: PageRequest; buckets: PageRequest }): Promise<KeyMatrix> {
		const admin = await this.#admin(service);
		const [listed, names] = await Promise.all([admin.keys.list(keys), admin.bucketNames()]);
		const columns = pageOf(
			names.map((name) => ({ name })),
			buckets,
		);
		return {
			...listed,
			items: listed.items.map(viewOf),
			buckets: columns.items.map(({ name }) => name),
			nextBucketCursor: columns.nextCursor,
			bucketTotal: columns.total,
		};
	}

	/** A key with these rights, or none. Its secret is kept nowhere but there. Throws BAD_INPUT, BUCKET_NOT_FOUND. */
	async create(service: S, wanted: NewKey): Promise<{ id: string; secret: Secret }> {
		this.#assertExpiry(service, wanted.expiresAt);
		const admin = await this.#admin(service);
		const key = newKey();
		await admin.keys.import({ ...key, ...wanted, isNewId: true });
		return key;
	}

	/** Throws STORAGE_KEY_NOT_FOUND, BAD_INPUT. */
	async update(
		service: S,
		change: { id: string; description?: string | undefined; expiresAt?: Date | null | undefined },
	): Promise<KeyView> {
		const { id, description, expiresAt } = change;
		if (expiresAt !== undefined) this.#assertExpiry(service, expiresAt);
		const admin = await this.#admin(service);
		await admin.keys.update({
			id,
			...(description === undefined ? {} : { description }),
			...(expiresAt === undefined ? {} : { expiresAt }),
		});
		return getKey(admin, id);
	}

	/** Makes the key's rights in each named bucket exactly these. Throws STORAGE_KEY_NOT_FOUND, BUCKET_NOT_FOUND. */
	async setPermissions(
		service: S,
		{ id, permissions }: { id: string; permissions: Permission[] },
	): Promise<KeyView> {
		const admin = await this.#admin(service);
		for (const { bucket, ...permission } of permissions)
			await admin.keys.setPermission({ id, bucket, permission });
		return getKey(admin, id);
	}

	/** Ends it at once. Throws STORAGE_KEY_NOT_FOUND. */
	async remove(service: S, id: string): Promise<void> {
		const admin = await this.#admin(service);
		await admin.keys.remove(id);
	}

	/** Uploads, reads and removes one object with a key, as an app would; the secret is forgotten after it. Throws BUCKET_NOT_FOUND. */
	async tryOut(
		service: S,
		{ id, secret, bucket }: { id: string; secret: Secret; bucket: string },
	): Promise<TrialStep[]> {
		const { storageAdmin } = storageEngine(this.#deps, service);
		assertKeyId(id);
		assertBucketName(bucket);
		const ports = await this.#deps.broker.storagePorts(service);
		const endpoint = s3Endpoint({ host: '127.0.0.1', ports });
		const login = { endpoint, region: storageAdmin.region };
		const hasVersions = storageAdmin.capabilities(service.version).versioning === null;
		return tryKey({ ...login, user: id, secret }, { bucket, hasVersions });
	}

	#admin(service: S): Promise<StorageAdmin> {
		return this.#deps.broker.storageAdmin(service);
	}

	#assertExpiry(service: S, expiresAt: Date | null): void {
		if (expiresAt === null) return;
		assertCan(this.#deps, service, 'keyExpiry');
		if (expiresAt <= new Date()) throw new AppError('BAD_INPUT', { field: 'expiresAt' });
	}
}

/** Throws STORAGE_KEY_NOT_FOUND. */
async function getKey(admin: StorageAdmin, id: string): Promise<KeyView> {
	const key = await admin.keys.find(id);
	if (!key) throw new AppError('STORAGE_KEY_NOT_FOUND');
	return viewOf(key);
}
