import type { CapabilityMatrix, EngineNotice } from '$lib/shared/capabilities';
import type { ConnectionFacts, ConnectionText } from '$lib/shared/connection';
import type { GrantLevel } from '$lib/shared/services';
import type { SettingSpec, SettingValues } from '$lib/shared/settings';
import type { Secret } from '../secret';
import type { Page, PageRequest } from './page';
import type { StorageEngineDefinition } from './storage';

/**
 * What an engine's container looks like. Data only: `docker/` turns it into a container, always with CapDrop ALL, no-new-privileges,
 * memory, pids and log limits.
 */
export type ContainerSpec = {
	/** Never a lasting secret: `bootstrapPassword` is thrown away as soon as the service is ready. */
	env: Record<string, string>;
	command: string[];
	volumePath: string;
	port: number;
	capabilities: string[];
	/** Path -> mount options; the root file system is read-only. */
	tmpfs: Record<string, string>;
	shmSizeBytes: number;
	stopSignal: string;
	stopTimeoutSeconds: number;
	pidsLimit: number;
};

export type EngineVersion = {
	/** As a person picks it, such as `17`. */
	version: string;
	/** The official image, such as `postgres:17`; null when there is none and it is only ever built here. */
	image: string | null;
	isDefault: boolean;
};

/** A file that must lie in the volume before the first start, for an engine whose image takes no password by its environment. */
export type SeedFile = {
	/** Relative to the volume's mount. */
	path: string;
	content: Secret;
	/** Such as 0o600. */
	mode: number;
	uid: number;
	gid: number;
};

/** How to reach a running engine: the port is the one Docker reports now. */
export type EngineTarget = {
	host: string;
	port: number;
	user: string;
	password: Secret;
	version: string;
};

/** Lifecycle of a database engine. */
export type Lifecycle = {
	rootUser: string;
	minMemoryBytes: number;
	defaultMemoryBytes: number;
	/** `settings`: those that need a restart, by key, as `Configurable` names them; they are the container's arguments. */
	containerSpec(input: {
		version: string;
		memoryBytes: number;
		bootstrapPassword: Secret;
		settings: SettingValues;
	}): ContainerSpec;
	/**
	 * Whether a newer image of this version may write its data so that the older one cannot read them any more; a copy is kept until it has
	 * come up.
	 */
	mayRewriteData(version: string): boolean;
	/** Put into the new volume before the very first start, and never again. */
	seedFiles?(input: { version: string; memoryBytes: number; bootstrapPassword: Secret }): SeedFile[];
	/** Logs in over the engine's protocol; resolves when it answers and throws ENGINE_NOT_READY or ENGINE_UNREACHABLE. */
	probe(target: EngineTarget, signal?: AbortSignal): Promise<void>;
	/** Sets the root password to `next`, logged in with `target`; the engine never sees or logs its clear text where it can be helped. */
	setRootPassword(target: EngineTarget, next: Secret): Promise<void>;
};

/**
 * Configurable: the settings people change. What a person declared goes over the profile of the memory size; values that need a restart
 * are arguments of the container, the others are set in the running engine, after every start again.
 */
export type Configurable = {
	/** In the order in which they are shown. */
	settings(version: string): SettingSpec[];
	/** The values that follow from the memory size, by key; a setting that is not named keeps the engine's own default. */
	profile(input: { version: string; memoryBytes: number }): SettingValues;
	/** The values in force now, by key, in the settings' own units. Throws ENGINE_UNREACHABLE. */
	read(target: EngineTarget): Promise<SettingValues>;
	/**
	 * Sets values that need no restart, so that they also outlast one where the engine can keep them; null goes back to the engine's
	 * own default. Sets all or throws SETTING_REFUSED with details `{ key }`.
	 */
	apply(target: EngineTarget, values: Record<string, SettingValues[string] | null>): Promise<void>;
};

export type DatabaseInfo = {
	name: string;
	owner: string | null;
	/** Character set. */
	encoding: string | null;
	collation: string | null;
	/** Null while it has not been measured, or when the engine does not tell. */
	sizeBytes: number | null;
	/** Tables, collections or keys; null when not counted. */
	objects: number | null;
	/** True for the engine's own: it is not dropped and not granted. */
	isProtected: boolean;
};

/** Without `isMeasured` (default: true) sizes and objects are null where the engine would have to look at each database for them. */
export type DatabasesRequest = PageRequest & { isMeasured?: boolean };

/** What a user of an engine with key patterns may do: the engine's own words, such as `app:*`, `news.*` and `+@read`. */
export type UserAccess = {
	keyPatterns: string[];
	channelPatterns: string[];
	/** In this order: `+@category`, `-@category`, `+command`, `-command`. */
	commands: string[];
};

export type DatabaseUserInfo = {
	/** What tells it from every other; for an account bound to an address `name@address`. */
	name: string;
	canLogin: boolean;
	/** Made by hand: it may do everything, so it has no levels. */
	isSuperuser: boolean;
	connections: number;
	/** Null for an engine without key patterns. */
	access: UserAccess | null;
};
export type GrantInfo = { database: string; user: string; level: GrantLevel };
export type EngineStatistics = {
	connections: number;
	maxConnections: number;
	sizeBytes: number | null;
	startedAt: Date | null;
	version: string;
};

/** Levels of users on databases. */
export interface GrantAdmin {
	/** Makes the user's level on each named database exactly this. Covers tables made later by any of the users. */
	set(input: { user: string; grants: { database: string; level: GrantLevel }[] }): Promise<void>;
	/** As read back from the engine, levels other than `none` only; of these users or databases only when named. */
	list(filter?: { users?: string[]; databases?: string[] }): Promise<GrantInfo[]>;
}

/** Key patterns, channels and commands of users; read back in `DatabaseUserInfo.access`. */
export interface AccessAdmin {
	/** Throws ACCESS_INVALID for a rule that the engine does not know. */
	set(input: { user: string; access: UserAccess }): Promise<void>;
}

export type SessionInfo = {
	/** Good for `end` as long as the session lives, and never that of a later one. */
	id: string;
	user: string | null;
	database: string | null;
	/** Address or host name, as the engine knows it. */
	client: string | null;
	application: string | null;
	state: 'active' | 'idle' | 'idleInTransaction' | 'other';
	/** What it runs, or ran last; at most 2,000 characters. */
	query: string | null;
	/** Null where the engine does not tell: MySQL, MariaDB and MongoDB. */
	connectedAt: Date | null;
	/** Milliseconds that the present statement has been running; null when none is. */
	runningMs: number | null;
	/** False where the engine ends what a connection does and this one does nothing. */
	canEnd: boolean;
};
export type SlowQuery = {
	/** At most 2,000 characters. */
	text: string;
	database: string | null;
	calls: number | null;
	meanMs: number | null;
	maxMs: number;
	lastAt: Date | null;
};

/** Live connections, those of sh0 left out. */
export interface SessionAdmin {
	/** Longest-running statement first; 500 at most. */
	list(): Promise<SessionInfo[]>;
	/** Throws SESSION_NOT_FOUND. */
	end(id: string): Promise<void>;
	/** The 20 with the longest time, or null when the engine keeps none. */
	slowQueries: (() => Promise<SlowQuery[]>) | null;
}

export type CollectionInfo = {
	/** What `rows` takes: for a table in a schema `schema.table` as the engine quotes it. */
	id: string;
	name: string;
	/** Schema, or null for an engine without. */
	namespace: string | null;
	kind: 'table' | 'view' | 'collection' | 'key';
	/** Of a key: `string`, `hash` ... */
	type: string | null;
	/** An estimate where counting would take long. */
	rows: number | null;
	sizeBytes: number | null;
};

/** Text as the engine shows it; null is the engine's null. Longer than 1,000 characters is cut and ends in `…`. */
export type Cell = string | null;
export type ResultColumn = { name: string; type: string | null };
export type RowPage = { columns: ResultColumn[]; rows: Cell[][]; nextCursor: string | null };
export type QueryResult = {
	columns: ResultColumn[];
	rows: Cell[][];
	/** True when there were more than `maxRows`. */
	isCut: boolean;
	/** Rows changed, where the engine tells. */
	affected: number | null;
	elapsedMs: number;
};

/**
 * A look at the data: a statement cannot reach another database, a file or a program. Everything runs as a user made for this one call,
 * with the least rights that do. FerretDB alone, which enforces no rights, has its administrator run what a list of commands lets through.
 */
export interface DataBrowser {
	/** Tables and views, collections or keys; `total` is null where counting would take long. Throws DATABASE_NOT_FOUND. */
	collections(
		request: { database: string } & PageRequest,
	): Promise<{ items: CollectionInfo[]; nextCursor: string | null; total: number | null }>;
	/** Throws DATABASE_NOT_FOUND, COLLECTION_NOT_FOUND. */
	rows(request: {
		database: string;
		collection: string;
		cursor: string | null;
		limit: number;
	}): Promise<RowPage>;
	/** One statement. Throws QUERY_NOT_ALLOWED with a `QueryRefusal`, QUERY_REFUSED with `{ text }` (the engine's words), QUERY_TIMEOUT. */
	query(request: {
		database: string;
		text: string;
		isReadOnly: boolean;
		timeoutMs: number;
		maxRows: number;
	}): Promise<QueryResult>;
}

/**
 * Databases, users and what comes with them of one running engine, over a bounded connection pool that `close()` ends. Names are checked
 * again here; a name the engine would change or misread is refused (NAME_INVALID, NAME_RESERVED, NAME_TOO_LONG), never adapted. A part is
 * null when, and only when, the capability matrix says that the engine cannot do it; a method that the matrix denies throws NOT_SUPPORTED.
 */
export interface DatabaseAdmin {
	/** By name. */
	listDatabases(request?: DatabasesRequest): Promise<Page<DatabaseInfo>>;
	/** Throws DATABASE_EXISTS. The owner, if given, is granted level `owner`. */
	createDatabase(input: {
		name: string;
		owner: string | null;
		/** Not given: the engine's default. Throws CHARSET_UNKNOWN. */
		encoding?: string | null;
		collation?: string | null;
	}): Promise<void>;
	/** Ends its sessions and drops it. Throws DATABASE_NOT_FOUND, DATABASE_PROTECTED. */
	removeDatabase(name: string): Promise<void>;
	/** Character sets and collations to choose from, the default first; empty when there is no choice. */
	listCharsets(): Promise<{ encoding: string; collations: string[] }[]>;
	/** By name; the engine's own and sh0's are left out. */
	listUsers(request?: PageRequest): Promise<Page<DatabaseUserInfo>>;
	/** Null when there is none. */
	findUser(name: string): Promise<DatabaseUserInfo | null>;
	/** Those of these names that there are, by one question; twice where two made by hand go by the same name, which nobody may change. */
	findUsers(names: string[]): Promise<DatabaseUserInfo[]>;
	/** Without `access`: the least that can log in. Throws DATABASE_USER_EXISTS, PASSWORD_UNUSABLE, ACCESS_INVALID. */
	createUser(input: { name: string; password: Secret; access?: UserAccess | null }): Promise<void>;
	/** `endsSessions` also ends sessions that logged in with the old password. Throws DATABASE_USER_NOT_FOUND, PASSWORD_UNUSABLE. */
	setPassword(input: { name: string; password: Secret; endsSessions: boolean }): Promise<void>;
	/** Ends its sessions, moves what it owns to the database's owner group, drops it. Throws DATABASE_USER_NOT_FOUND. */
	removeUser(name: string): Promise<void>;
	/** True when this user name and password log in to the database; null asks whether they are right at all. */
	canLogin(input: { user: string; password: Secret; database: string | null }): Promise<boolean>;
	/** Without `isMeasured` (default: true) cheap numbers only: `sizeBytes` is the one known already, or null. */
	statistics(request?: { isMeasured: boolean }): Promise<EngineStatistics>;
	grants: GrantAdmin | null;
	access: AccessAdmin | null;
	sessions: SessionAdmin | null;
	browser: DataBrowser | null;
	close(): Promise<void>;
}

export type NameRule = {
	/** Throws AppError NAME_INVALID, NAME_RESERVED or NAME_TOO_LONG with details `{ maxBytes }` where it helps. */
	assertDatabaseName(name: string): void;
	assertUserName(name: string): void;
	/** Throws PASSWORD_UNUSABLE for what the engine's protocol cannot carry. */
	assertPassword(password: string): void;
	maxNameBytes: number;
};

/** What all engines have, of whatever kind. */
export type EngineFacts = {
	id: string;
	label: string;
	versions: EngineVersion[];
};

export type DatabaseEngineDefinition = EngineFacts & {
	kind: 'database';
	/** What people must know before they choose it. */
	notice: EngineNotice | null;
	lifecycle: Lifecycle;
	configurable?: Configurable;
	/** Opens a bounded pool to a running engine; the broker in `services/` keeps and closes it. The first time, it may load a driver. */
	databaseAdmin?: {
		names: NameRule;
		/** What it cannot do, with the reason. `started`: what the server that is meant was started with. */
		capabilities(version: string, started?: SettingValues): CapabilityMatrix;
		connect(target: EngineTarget): Promise<DatabaseAdmin>;
		connectionText(facts: ConnectionFacts): ConnectionText;
	};
	storageAdmin?: never;
};

/** An engine; which capabilities it has follows from its kind. */
export type EngineDefinition = DatabaseEngineDefinition | StorageEngineDefinition;
