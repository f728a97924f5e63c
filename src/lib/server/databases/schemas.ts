import { z } from 'zod';
import { databaseNameSchema } from '$lib/shared/name-schemas';
import { grantLevels } from '$lib/shared/services';

export const name = databaseNameSchema;
const level = z.enum(grantLevels);

export const grantsInput = z
	.array(z.strictObject({ database: name, level }))
	.max(200)
	.refine((grants) => new Set(grants.map((grant) => grant.database)).size === grants.length);

export const database = z.strictObject({
	name: z.string(),
	owner: z.string().nullable(),
	encoding: z.string().nullable(),
	collation: z.string().nullable(),
	/** Null while it has not been measured, or when the engine does not tell. */
	sizeBytes: z.number().nullable(),
	/** Tables, collections or keys; null when not counted. */
	objects: z.number().nullable(),
	isProtected: z.boolean(),
});

export const grant = z.strictObject({ database: z.string(), level, declared: level, hasDrift: z.boolean() });

const access = z.strictObject({
	keyPatterns: z.array(z.string()),
	channelPatterns: z.array(z.string()),
	commands: z.array(z.string()),
});

/** Rules as the engine has them beside those that were asked for here. */
export const accessView = z.strictObject({
	actual: access,
	/** Null: nothing was asked for here. */
	declared: access.nullable(),
	hasDrift: z.boolean(),
});

export const databaseUser = z.strictObject({
	name: z.string(),
	canLogin: z.boolean(),
	isSuperuser: z.boolean(),
	connections: z.number(),
	/** sh0 knows the password and can show it. */
	hasPassword: z.boolean(),
	/** False: made by hand and never changed here, so that nothing was declared that it could differ from. */
	isManaged: z.boolean(),
	/** Null for an engine without key patterns. */
	access: accessView.nullable(),
	grants: z.array(grant),
	/** Of its access or of one of these grants. */
	hasDrift: z.boolean(),
});

export const grantMatrix = z.strictObject({
	/** Each user's `grants` name the databases shown here; those left out are `none` as declared. */
	users: z.array(databaseUser),
	nextCursor: z.string().nullable(),
	total: z.number(),
	/** Empty for an engine whose users have no levels. */
	databases: z.array(
		z.strictObject({ name: z.string(), owner: z.string().nullable(), isProtected: z.boolean() }),
	),
	nextDatabaseCursor: z.string().nullable(),
	databaseTotal: z.number(),
});

export const session = z.strictObject({
	id: z.string(),
	user: z.string().nullable(),
	database: z.string().nullable(),
	client: z.string().nullable(),
	application: z.string().nullable(),
	state: z.enum(['active', 'idle', 'idleInTransaction', 'other']),
	query: z.string().nullable(),
	connectedAt: z.date().nullable(),
	runningMs: z.number().nullable(),
	canEnd: z.boolean(),
});

export const slowQuery = z.strictObject({
	text: z.string(),
	database: z.string().nullable(),
	calls: z.number().nullable(),
	meanMs: z.number().nullable(),
	maxMs: z.number(),
	lastAt: z.date().nullable(),
});

const column = z.strictObject({ name: z.string(), type: z.string().nullable() });
const cells = z.array(z.array(z.string().nullable()));

export const collectionPage = z.strictObject({
	items: z.array(
		z.strictObject({
			id: z.string(),
			name: z.string(),
			namespace: z.string().nullable(),
			kind: z.enum(['table', 'view', 'collection', 'key']),
			type: z.string().nullable(),
			rows: z.number().nullable(),
			sizeBytes: z.number().nullable(),
		}),
	),
	nextCursor: z.string().nullable(),
	total: z.number().nullable(),
});

export const rowPage = z.strictObject({
	columns: z.array(column),
	rows: cells,
	nextCursor: z.string().nullable(),
});

export const queryResult = z.strictObject({
	columns: z.array(column),
	rows: cells,
	isCut: z.boolean(),
	affected: z.number().nullable(),
	elapsedMs: z.number(),
});
