/** What a database engine can do or not; the rest every engine can. */
export const databaseCapabilities = [
	/** Databases are created and dropped by name. */
	'databases',
	/** A database has an owner. */
	'owners',
	/** Each database's size in bytes is known. */
	'sizes',
	/** Character set and collation are chosen when a database is created. */
	'charsets',
	/** Users have a level on each database. */
	'grants',
	/** Users have patterns of keys and channels, and commands they may use. */
	'access',
	/** A user can be bound to the addresses it connects from. */
	'hosts',
	/** Live connections are listed. */
	'sessions',
	/** A live connection can be ended, or at least what it is doing. */
	'endSessions',
	/** One that is doing nothing too, so that a new password can cut off whoever has the old one. */
	'endIdleSessions',
	/** What a live connection is doing is shown. */
	'sessionQueries',
	/** The engine keeps which statements took longest. */
	'slowQueries',
	/** Settings can be changed. */
	'settings',
	/** Tables, collections or keys and their first rows are shown. */
	'browse',
	/** A statement can be typed and run. */
	'query',
	/** Such a statement may change data. */
	'queryWrites',
] as const;
export type DatabaseCapability = (typeof databaseCapabilities)[number];

/** Why an engine cannot do something; each has a sentence in every language (`capability_reason_*`). */
export const capabilityReasons = [
	/** Its databases are numbered and always there. */
	'numberedDatabases',
	/** Its databases belong to nobody. */
	'noOwners',
	/** It tells how many keys a database has, not how many bytes. */
	'noDatabaseSizes',
	/** All text is UTF-8. */
	'oneEncoding',
	/** Users get key patterns and commands instead. */
	'accessInstead',
	/** Users get a level on each database instead. */
	'grantsInstead',
	/** Who may connect from where is not a matter of its users. */
	'anyHost',
	/** It keeps no record of slow statements. */
	'noSlowQueries',
	/** It was started with the setting `performance_schema` off, and so keeps no record of statements. */
	'statementsOff',
	/** It ends what a connection does, never the connection. */
	'idleConnections',
	/** It speaks MongoDB's protocol but enforces no roles. */
	'standInRoles',
	/** It speaks MongoDB's protocol but enforces no roles, so nothing would keep a statement that writes in its place. */
	'standInWrites',
	/** It speaks MongoDB's protocol but does not tell who is connected. */
	'standInSessions',
	/** It speaks MongoDB's protocol but has none of its settings. */
	'standInSettings',
] as const;
export type CapabilityReason = (typeof capabilityReasons)[number];

/** Null: it can. */
export type CapabilityMatrix = Record<DatabaseCapability, CapabilityReason | null>;

/** What people must know before they choose an engine; each has a sentence in every language (`engine_notice_*`). */
export const engineNotices = ['standIn'] as const;
export type EngineNotice = (typeof engineNotices)[number];
