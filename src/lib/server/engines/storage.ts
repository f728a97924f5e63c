import type { StorageCapabilityMatrix, StorageNotice, StorageTraits } from '$lib/shared/storage-capabilities';
import type { CorsRule, LifecycleRule } from '$lib/shared/storage-rules';
import type { Secret } from '../secret';
import type { ContainerSpec, EngineFacts, EngineTarget, Lifecycle, SeedFile } from './engine';
import type { Page, PageRequest } from './page';

/** What is behind a port: apps' S3, public objects, the engine's own API, its web pages. Two roles may share one port. */
export type PortsByRole = { s3: number; admin: number; web?: number; console?: number };

/** An S3 engine's container; `port` is the S3 one, and each of `ports` is published on 127.0.0.1. */
export type StorageContainerSpec = ContainerSpec & {
	/** Numbers as `uid:gid`: no step of it runs as root. */
	user: string;
	ports: PortsByRole;
};

/** A folder that must lie in the volume before the first start, since a volume's own root belongs to root. */
export type SeedFolder = Omit<SeedFile, 'content'> & { isFolder: true };

/** How to reach a running S3 engine; `ports` are the ones Docker reports now. */
export type StorageTarget = EngineTarget & { ports: PortsByRole };

/**
 * How root's secret is changed without a restart. `chosen`: sh0 makes it up, keeps it as pending and sets it. `issued`: the engine makes
 * it up, so that one which sh0 lost before it was kept can be left behind. The former ones may work on until `endOthers`.
 */
export type RootCredential = (
	| {
			kind: 'chosen';
			/** Sets `next` in place of what `target` logs in with, or beside it. Doing it twice is doing it once. */
			set(target: StorageTarget, next: Secret): Promise<void>;
	  }
	| {
			kind: 'issued';
			/** A second one beside that which `target` logs in with. */
			issue(target: StorageTarget): Promise<Secret>;
	  }
) & {
	/** Ends all of root's secrets but the one `target` logs in with. Doing it twice is doing it once. */
	endOthers(target: StorageTarget): Promise<void>;
};

/** Lifecycle of an S3 engine. Its container's environment holds no secret at all. */
export type StorageLifecycle = Pick<
	Lifecycle,
	'rootUser' | 'minMemoryBytes' | 'defaultMemoryBytes' | 'mayRewriteData'
> & {
	/** Who logs in with the bootstrap password, until root's own secret works. */
	bootstrapUser: string;
	containerSpec(input: { version: string; memoryBytes: number }): StorageContainerSpec;
	/**
	 * What lies in the volume, folders first. With a bootstrap password it is for the very first start. Without one it is for every later
	 * start, over what is there: nothing of it opens anything from outside, and a changed memory size takes effect with it.
	 */
	files(input: {
		version: string;
		memoryBytes: number;
		bootstrapPassword: Secret | null;
	}): (SeedFile | SeedFolder)[];
	root: RootCredential;
	/**
	 * Ends the bootstrap password as far as that goes without a restart, logged in with root's own secret; done twice is done once. The
	 * files without a bootstrap password and a restart must follow before anybody uses the service.
	 */
	settle(target: StorageTarget): Promise<void>;
	/** As `Lifecycle.probe`. */
	probe(target: StorageTarget, signal?: AbortSignal): Promise<void>;
};

export type BucketQuota = {
	/** Null: no limit. */
	maxBytes: number | null;
	maxObjects: number | null;
};

/** Who reads a bucket's objects without a key. As a website it has an index page for each folder. */
export type PublicAccess =
	| { kind: 'none' }
	| { kind: 'read' }
	| { kind: 'website'; indexDocument: string; errorDocument: string | null };

export type BucketInfo = {
	name: string;
	createdAt: Date | null;
	/** Null while the engine has not counted yet. */
	sizeBytes: number | null;
	objects: number | null;
	quota: BucketQuota;
	publicAccess: PublicAccess;
	isVersioned: boolean;
	/**
	 * True for one that sh0 cannot name (made by an app for itself alone): it is listed by its id and can do nothing here but be counted.
	 */
	isForeign: boolean;
};

/** What a bucket holds; null while the engine has not counted yet. `id` is there where the engine's own calls go by one. */
export type BucketSize = Pick<BucketInfo, 'name' | 'createdAt' | 'sizeBytes' | 'objects'> & { id?: string };

/** What a key may do in one bucket: get and list; put and remove; change the bucket's own settings. */
export type BucketPermission = { read: boolean; write: boolean; owner: boolean };

export type StorageKeyInfo = {
	/** The access key id. */
	name: string;
	description: string;
	createdAt: Date | null;
	expiresAt: Date | null;
	/** By bucket; those without any right are left out. */
	permissions: (BucketPermission & { bucket: string })[];
	/** True: it was given rights by hand that cannot be shown as `permissions`. */
	hasOtherRights: boolean;
};

export type ServerUsage = {
	/** Of all buckets; null while the engine has not counted yet. */
	sizeBytes: number | null;
	objects: number | null;
	/** Of the disk that holds the volume; null when the engine does not tell. */
	diskTotalBytes: number | null;
	diskFreeBytes: number | null;
};

/** What opens S3 to one bucket, for as long as it says. */
export type StorageAccess = {
	/** Such as `http://127.0.0.1:49153`; buckets are part of the path. */
	endpoint: string;
	region: string;
	accessKeyId: string;
	secretAccessKey: Secret;
	expiresAt: Date;
};

/** `remove`: as `write`, whatever an object is called. Where that takes a right that does not end, such a key is taken away after its end. */
export type AccessLevel = 'read' | 'write' | 'remove';

export interface BucketKeys {
	/** By id; sh0's own are left out. `search` is part of the id or of the description. */
	list(request?: PageRequest): Promise<Page<StorageKeyInfo>>;
	/** Null when there is none. */
	find(id: string): Promise<StorageKeyInfo | null>;
	/**
	 * With an id and a secret of our choice. Throws STORAGE_KEY_EXISTS also for one that was removed where such are burnt. `isNewId`: drawn just
	 * now, so that no former key had it and nobody misses it if it is burnt; that spares calls to the engine.
	 */
	import(input: {
		id: string;
		isNewId?: boolean;
		secret: Secret;
		description: string;
		expiresAt: Date | null;
		permissions: (BucketPermission & { bucket: string })[];
	}): Promise<void>;
	/** Changes what is given. Throws STORAGE_KEY_NOT_FOUND. */
	update(input: { id: string; description?: string; expiresAt?: Date | null }): Promise<void>;
	/** Makes the key's rights in this bucket exactly these; they hold from its next request on. Throws BUCKET_NOT_FOUND. */
	setPermission(input: { id: string; bucket: string; permission: BucketPermission }): Promise<void>;
	/** Ends it at once. Throws STORAGE_KEY_NOT_FOUND. */
	remove(id: string): Promise<void>;
	/** Its secret, to carry the key over to another server. Throws STORAGE_KEY_NOT_FOUND. */
	exportSecret: ((id: string) => Promise<Secret>) | null;
}

/**
 * Buckets and keys of one running S3 engine, over a few connections that `close()` ends. Names are checked again here. A part is null when,
 * and only when, the capability matrix says that the engine cannot do it; a value that the matrix denies throws NOT_SUPPORTED with details
 * `{ capability, reason }`. Every call throws ENGINE_UNREACHABLE and ENGINE_REFUSED; all of a named bucket BUCKET_NOT_FOUND.
 */
export interface StorageAdmin {
	/** By name, with what each holds: a few calls to the engine however many there are, and a few for each that is shown where it must be. */
	listBuckets(request?: PageRequest): Promise<Page<BucketInfo>>;
	/** Of all that sh0 can name, in order, by one call to the engine for each thousand: nothing is counted or looked up. */
	bucketNames(): Promise<string[]>;
	/** All that sh0 can name, by name: one call to the engine or two, however many there are, or one for each where no list has sizes. */
	measureBuckets(): Promise<BucketSize[]>;
	/** Null when there is none. */
	findBucket(name: string): Promise<BucketInfo | null>;
	/**
	 * Tells the bucket from a later one of its name, and stays the same over restarts and changed settings. One call to the engine. An engine
	 * that goes by when a bucket was made may count in seconds.
	 */
	bucketId(name: string): Promise<string>;
	/** Throws BUCKET_EXISTS, NAME_INVALID, NAME_RESERVED, NAME_TOO_LONG. */
	createBucket(name: string): Promise<void>;
	/** Throws BUCKET_NOT_EMPTY; unfinished uploads are no hindrance and go with it. */
	removeBucket(name: string): Promise<void>;
	/** An `id` from `measureBuckets` spares a call to the engine. */
	setQuota(input: { bucket: string; id?: string | undefined; quota: BucketQuota }): Promise<void>;
	setPublicAccess(input: { bucket: string; access: PublicAccess }): Promise<void>;
	/** Once on, it can be paused but former versions stay. */
	versioning: { set(input: { bucket: string; isVersioned: boolean }): Promise<void> } | null;
	/** `set` replaces all rules, reads them back and throws SETTING_REFUSED with `{ key: 'cors' }` unless they are the same. */
	cors: {
		get(bucket: string): Promise<CorsRule[]>;
		set(input: { bucket: string; rules: CorsRule[] }): Promise<void>;
	} | null;
	/**
	 * `get` answers null for rules made by hand that cannot be shown. `set` replaces all rules, reads them back and throws SETTING_REFUSED
	 * with `{ key: 'lifecycle' }`, and takes them away again, unless they are the same: a rule that the engine widens removes other objects.
	 */
	lifecycle: {
		get(bucket: string): Promise<LifecycleRule[] | null>;
		set(input: { bucket: string; rules: LifecycleRule[] }): Promise<void>;
	};
	/** Ends uploads that were begun before this many seconds ago; answers how many. */
	removeUnfinishedUploads: ((input: { bucket: string; olderThanSeconds: number }) => Promise<number>) | null;
	keys: BucketKeys;
	usage(): Promise<ServerUsage>;
	/** As the server itself says, by one cheap call; null when it answers but does not tell. */
	version(): Promise<string | null>;
	/**
	 * A key of sh0's own for one bucket with no more rights than these, which ends by itself after `lifetimeMs` at the earliest and twice
	 * that at the latest. Calls that ask for the same share one; it outlives `close()`, so that signed links do.
	 */
	access(input: { bucket: string; level: AccessLevel; lifetimeMs: number }): Promise<StorageAccess>;
	close(): Promise<void>;
}

/** What a proxy in front of an S3 port sees of a request before its body. Header names in lower case; a repeated one has several values. */
export type RequestHead = {
	method: string;
	path: string;
	query: URLSearchParams;
	headers: [string, string][];
};

export type StorageEngineDefinition = EngineFacts & {
	kind: 'storage';
	notice: StorageNotice | null;
	lifecycle: StorageLifecycle;
	storageAdmin: {
		/** What S3 clients must sign for. */
		region: string;
		/** What it cannot do, with the reason. */
		capabilities(version: string): StorageCapabilityMatrix;
		traits(version: string): StorageTraits;
		connect(target: StorageTarget): Promise<StorageAdmin>;
		/** Where a public object is read: the port, the Host header that it needs (null: any) and the path, encoded. */
		publicObject(object: { bucket: string; key: string }): {
			role: keyof PortsByRole;
			host: string | null;
			path: string;
		};
		/** Null: pass it on. Else the rule that forbids it, for the log; the answer is 403 without a reason. */
		refusal(head: RequestHead): string | null;
		/** Path of its web pages on the `console` port, or null when it has none. */
		consolePath: string | null;
	};
	databaseAdmin?: never;
	configurable?: never;
};
