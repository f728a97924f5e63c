import type { CorsRule, LifecycleRule } from '$lib/shared/storage-rules';
import type { BucketInfo, BucketQuota, PublicAccess, ServerUsage, StorageAdmin } from '../engines/storage';
import type { Page, PageRequest } from '../engines/page';
import { AppError } from '../errors';
import { assertCan, withField, type StorageDeps, type StorageService } from './deps';
import type { MeantBucket } from './removal';
import type { SizePoint } from './repository';
import { bucketGrowth, byDay, SHOWN_DAYS } from './usage';

/** What is given is set; what is not stays. */
export type BucketChange = {
	quota?: BucketQuota | undefined;
	publicAccess?: PublicAccess | undefined;
	isVersioned?: boolean | undefined;
	cors?: CorsRule[] | undefined;
	lifecycle?: LifecycleRule[] | undefined;
};

export type BucketDetail = {
	bucket: BucketInfo;
	cors: CorsRule[] | null;
	lifecycle: LifecycleRule[] | null;
	growth: SizePoint[];
};

export type ServerGrowth = {
	/** What a server held in so many days, oldest first. */
	points(serviceId: string, days: number): SizePoint[];
};

export type DiskView = {
	/** The same with the machine's own disk, where that can be seen. */
	withDisk(usage: ServerUsage): Promise<ServerUsage>;
};

export type SizeKeeper = {
	/** What a server holds now, for whoever asks it less often. */
	take(serviceId: string, usage: ServerUsage): void;
};

type BucketDeps<S extends StorageService> = StorageDeps<S> & {
	growth: ServerGrowth;
	sizes: SizeKeeper;
	machine: DiskView;
	/** What a limit of the whole server makes of the buckets' own. */
	limits: {
		setQuota(service: S, input: { bucket: string; quota: BucketQuota }): Promise<void>;
		withOwnQuotas(serviceId: string, buckets: BucketInfo[]): BucketInfo[];
		keepSoon(service: S): Promise<void>;
	};
};

/**
 * Buckets of the services' engines. Everything throws SERVICE_NOT_RUNNING, ENGINE_UNREACHABLE, DOCKER_UNAVAILABLE, and NOT_SUPPORTED for
 * a service without buckets or for what its engine cannot do.
 */
export class Buckets<S extends StorageService> {
	readonly #deps: BucketDeps<S>;

	constructor(deps: BucketDeps<S>) {
		this.#deps = deps;
	}

	async list(service: S, request: PageRequest): Promise<Page<BucketInfo>> {
		const admin = await this.#admin(service);
		const page = await admin.listBuckets(request);
		return { ...page, items: this.#deps.limits.withOwnQuotas(service.id, page.items) };
	}

	/** One bucket with its rules. Throws BUCKET_NOT_FOUND. */
	async get(service: S, name: string): Promise<BucketDetail> {
		const admin = await this.#admin(service);
		const [found, cors, lifecycle] = await Promise.all([
			getBucket(admin, name),
			admin.cors?.get(name) ?? null,
			admin.lifecycle.get(name),
		]);
		const [bucket = found] = this.#deps.limits.withOwnQuotas(service.id, [found]);
		const growth = bucketGrowth(this.#deps.db, { serviceId: service.id, bucket });
		return { bucket, cors, lifecycle, growth };
	}

	/** A bucket with what is asked for it, or none. Throws NAME_*, BUCKET_EXISTS. */
	async create(service: S, { name, ...change }: { name: string } & BucketChange): Promise<void> {
		this.#assertCanChange(service, change);
		const admin = await this.#admin(service);
		await admin.createBucket(name).catch((error: unknown) => {
			throw withField(error, 'name');
		});
		try {
			await this.#apply(service, name, change);
		} catch (error) {
			await admin.removeBucket(name).catch(() => undefined);
			throw error;
		}
		await this.#deps.limits.keepSoon(service);
	}

	/** Throws BUCKET_NOT_FOUND, SETTING_REFUSED, and BAD_INPUT for what the engine would not keep as it is. */
	async update(service: S, { name, ...change }: { name: string } & BucketChange): Promise<BucketDetail> {
		this.#assertCanChange(service, change);
		await this.#apply(service, name, change);
		return this.get(service, name);
	}

	/** Throws CONFIRMATION_MISMATCH, BUCKET_NOT_FOUND, BUCKET_NOT_EMPTY. */
	async remove(service: S, input: { name: string; confirmName: string }): Promise<void> {
		assertConfirmed(input);
		const admin = await this.#admin(service);
		await admin.removeBucket(input.name);
	}

	/** What all buckets hold and the disk has left, as the engine says now; the server's own size is that from then on. */
	async usage(service: S): Promise<ServerUsage & { growth: SizePoint[] }> {
		const admin = await this.#admin(service);
		const told = await admin.usage();
		this.#deps.sizes.take(service.id, told);
		const usage = await this.#deps.machine.withDisk(told);
		const points = this.#deps.growth.points(service.id, SHOWN_DAYS);
		return { ...usage, growth: byDay(points, usage.sizeBytes) };
	}

	/** The bucket that is to be emptied. Throws before long work begins what it would end with: CONFIRMATION_MISMATCH, BUCKET_NOT_FOUND. */
	async planEmptying(service: S, input: { name: string; confirmName: string }): Promise<MeantBucket> {
		assertConfirmed(input);
		const admin = await this.#admin(service);
		return { bucket: input.name, bucketId: await admin.bucketId(input.name) };
	}

	#admin(service: S): Promise<StorageAdmin> {
		return this.#deps.broker.storageAdmin(service);
	}

	async #apply(service: S, bucket: string, change: BucketChange): Promise<void> {
		const { quota, publicAccess, isVersioned, cors, lifecycle } = change;
		const admin = await this.#admin(service);
		if (quota) await this.#deps.limits.setQuota(service, { bucket, quota });
		if (publicAccess) await admin.setPublicAccess({ bucket, access: publicAccess });
		if (isVersioned !== undefined) await admin.versioning?.set({ bucket, isVersioned });
		if (cors) await admin.cors?.set({ bucket, rules: cors });
		if (lifecycle) await admin.lifecycle.set({ bucket, rules: lifecycle });
	}

	#assertCanChange(service: S, { quota, publicAccess, isVersioned, cors, lifecycle }: BucketChange): void {
		if (quota && quota.maxBytes !== null) assertCan(this.#deps, service, 'quotaBytes');
		if (quota && quota.maxObjects !== null) assertCan(this.#deps, service, 'quotaObjects');
		if (publicAccess?.kind === 'read') assertCan(this.#deps, service, 'publicRead');
		if (publicAccess?.kind === 'website') assertCan(this.#deps, service, 'website');
		if (isVersioned !== undefined) assertCan(this.#deps, service, 'versioning');
		if (cors) assertCan(this.#deps, service, 'cors');
		for (const rule of lifecycle ?? []) {
			if (rule.expireAfterDays !== null || rule.expireOn !== null)
				assertCan(this.#deps, service, 'lifecycleExpiration');
			if (rule.abortUploadsAfterDays !== null) assertCan(this.#deps, service, 'lifecycleUploads');
			if (rule.expireVersionsAfterDays !== null) assertCan(this.#deps, service, 'lifecycleVersions');
		}
	}
}

function assertConfirmed({ name, confirmName }: { name: string; confirmName: string }): void {
	if (confirmName !== name) throw new AppError('CONFIRMATION_MISMATCH', { field: 'confirmName' });
}

/** Throws BUCKET_NOT_FOUND. */
export async function getBucket(admin: StorageAdmin, name: string): Promise<BucketInfo> {
	const bucket = await admin.findBucket(name);
	if (!bucket) throw new AppError('BUCKET_NOT_FOUND');
	return bucket;
}
