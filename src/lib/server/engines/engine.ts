import type { ConnectionFacts, ConnectionText } from '$lib/shared/connection';
import type { GrantLevel, ServiceKind } from '$lib/shared/services';
import type { Secret } from '../secret';

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
	/** The official image, such as `postgres:17`. */
	image: string;
	isDefault: boolean;
};

/** How to reach a running engine: the port is the one Docker reports now. */
export type EngineTarget = {
	host: string;
	port: number;
	user: string;
	password: Secret;
	version: string;
};

/** Lifecycle: every engine has it. */
export type Lifecycle = {
	rootUser: string;
	minMemoryBytes: number;
	defaultMemoryBytes: number;
	containerSpec(input: { version: string; memoryBytes: number; bootstrapPassword: Secret }): ContainerSpec;
	/** Logs in over the engine's protocol; resolves when it answers and throws ENGINE_NOT_READY or ENGINE_UNREACHABLE. */
	probe(target: EngineTarget, signal?: AbortSignal): Promise<void>;
	/** Sets the root password to `next`, logged in with `target`; the engine never sees or logs its clear text where it can be helped. */
	setRootPassword(target: EngineTarget, next: Secret): Promise<void>;
};

export type DatabaseInfo = {
	name: string;
	owner: string | null;
	encoding: string | null;
	/** Null while it has not been measured. */
	sizeBytes: number | null;
	/** True for the engine's own: it is not dropped and not granted. */
	isProtected: boolean;
};
export type DatabaseUserInfo = {
	name: string;
	canLogin: boolean;
	/** Made by hand: it may do everything, so it has no levels. */
	isSuperuser: boolean;
	connections: number;
};
export type GrantInfo = { database: string; user: string; level: GrantLevel };
export type EngineStatistics = {
	connections: number;
	maxConnections: number;
	sizeBytes: number | null;
	startedAt: Date | null;
	version: string;
};

/**
 * Databases, users and grants of one running engine, over a bounded connection pool that `close()` ends. Names are checked again here;
 * a name the engine would change or misread is refused (NAME_INVALID, NAME_RESERVED, NAME_TOO_LONG), never adapted.
 */
export interface DatabaseAdmin {
	listDatabases(): Promise<DatabaseInfo[]>;
	/** Throws DATABASE_EXISTS. The owner, if given, is granted level `owner`. */
	createDatabase(input: { name: string; owner: string | null }): Promise<void>;
	/** Ends its sessions and drops it. Throws DATABASE_NOT_FOUND, DATABASE_PROTECTED. */
	removeDatabase(name: string): Promise<void>;
	listUsers(): Promise<DatabaseUserInfo[]>;
	/** Throws DATABASE_USER_EXISTS, PASSWORD_UNUSABLE. */
	createUser(input: { name: string; password: Secret }): Promise<void>;
	/** `endsSessions` also ends sessions that logged in with the old password. Throws DATABASE_USER_NOT_FOUND, PASSWORD_UNUSABLE. */
	setPassword(input: { name: string; password: Secret; endsSessions: boolean }): Promise<void>;
	/** Ends its sessions, moves what it owns to the database's owner group, drops it. Throws DATABASE_USER_NOT_FOUND. */
	removeUser(name: string): Promise<void>;
	/** Makes the user's level on each named database exactly this. Covers tables made later by any of the users. */
	setGrants(input: { user: string; grants: { database: string; level: GrantLevel }[] }): Promise<void>;
	/** As read back from the engine, levels other than `none` only. */
	listGrants(): Promise<GrantInfo[]>;
	/** True when this user name and password log in to the database; null asks whether they are right at all. */
	canLogin(input: { user: string; password: Secret; database: string | null }): Promise<boolean>;
	statistics(): Promise<EngineStatistics>;
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

export type EngineDefinition = {
	id: string;
	kind: ServiceKind;
	label: string;
	versions: EngineVersion[];
	lifecycle: Lifecycle;
	/** Opens a bounded pool to a running engine; the broker in `services/` keeps and closes it. */
	databaseAdmin?: {
		names: NameRule;
		connect(target: EngineTarget): DatabaseAdmin;
		connectionText(facts: ConnectionFacts): ConnectionText;
	};
};
