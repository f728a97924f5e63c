import { z } from 'zod';
import { capabilityReasons, databaseCapabilities, engineNotices } from '$lib/shared/capabilities';
import { idSchema } from '$lib/shared/ids';
import {
	storageCapabilities,
	storageNotices,
	storageReasons,
	type StorageTraits,
} from '$lib/shared/storage-capabilities';
import { operationKinds } from '$lib/shared/operations';
import {
	desiredStates,
	imageAvailabilities,
	imageOrigins,
	serviceKinds,
	serviceStatuses,
} from '$lib/shared/services';
import { driftFields } from './drift';
import { attentions } from './status';

/** What its engine cannot do, with the reason; null for an engine without databases. */
const capabilitiesSchema = z
	.record(z.enum(databaseCapabilities), z.enum(capabilityReasons).nullable())
	.nullable();

/** How a storage engine does what it can. */
const traitsSchema = z.strictObject({
	usage: z.enum(['atOnce', 'later']),
	copiesEscapeQuota: z.boolean(),
	publicAt: z.enum(['s3', 'web']),
	freedAfterSeconds: z.number(),
	maxKeyBytes: z.number(),
	maxKeySegmentBytes: z.number().nullable(),
	takesAnyKey: z.boolean(),
	maxKeyLineBreaks: z.number().nullable(),
	leavesFolders: z.boolean(),
	keepsNullMarks: z.boolean(),
	deniesWhenFull: z.boolean(),
	removedKeysAreBurnt: z.boolean(),
}) satisfies z.ZodType<StorageTraits>;

/** What a storage engine cannot do, with the reason, and how it does the rest; null for an engine of another kind. */
const storageSchema = z
	.strictObject({
		capabilities: z.record(z.enum(storageCapabilities), z.enum(storageReasons).nullable()),
		traits: traitsSchema,
	})
	.nullable();

/** What people must know before they choose the engine. */
const noticeSchema = z.enum([...engineNotices, ...storageNotices]).nullable();

/** A service in a list. */
export const serviceItemSchema = z.strictObject({
	id: idSchema('service'),
	projectId: idSchema('project'),
	name: z.string(),
	kind: z.enum(serviceKinds),
	/** The engine's id and how it is called. */
	engine: z.string(),
	engineLabel: z.string(),
	version: z.string(),
	status: z.enum(serviceStatuses),
	desiredState: z.enum(desiredStates),
	/** Why somebody should look at it. */
	attention: z.enum(attentions).nullable(),
	/** What is being done with it just now. */
	operation: z.strictObject({ id: idSchema('operation'), kind: z.enum(operationKinds) }).nullable(),
	memoryBytes: z.number(),
	/** The newest sample; 100 is one whole core. */
	cpuPercent: z.number().nullable(),
	memoryUsedBytes: z.number().nullable(),
	connections: z.number().nullable(),
	maxConnections: z.number().nullable(),
	/** Of its databases or buckets. */
	sizeBytes: z.number().nullable(),
	/** What all buckets of a storage server may hold together; null: no limit. */
	dataLimitBytes: z.number().nullable(),
	/** As the engine itself says, such as `17.6`; null until it was asked. */
	engineVersion: z.string().nullable(),
	/** The last hour in about 30 samples, oldest first; null unless it was asked for. */
	history: z
		.array(
			z.strictObject({
				atMs: z.number(),
				cpuPercent: z.number().nullable(),
				memoryBytes: z.number().nullable(),
			}),
		)
		.nullable(),
	imageOrigin: z.enum(imageOrigins).nullable(),
	createdAt: z.date(),
	trashedAt: z.date().nullable(),
	/** When it is removed from the trash for good. */
	purgeAfter: z.date().nullable(),
});
export type ServiceItem = z.infer<typeof serviceItemSchema>;

export const upgradeSchema = z
	.strictObject({
		isAvailable: z.boolean(),
		/** The registry's tag moved, sh0's recipe changed, or the distribution has newer packages. */
		reason: z.enum(['tag', 'recipe', 'packages']).nullable(),
		checkedAt: z.date(),
	})
	.nullable();

export const serviceDetailSchema = serviceItemSchema.extend({
	capabilities: capabilitiesSchema,
	/** Of a database's name, in UTF-8; null for an engine without databases. */
	maxNameBytes: z.number().nullable(),
	storage: storageSchema,
	/** What a storage server holds beside its bytes, and the disk below it; null while it is not known, and for a database server. */
	usage: z
		.strictObject({
			objects: z.number().nullable(),
			diskTotalBytes: z.number().nullable(),
			diskFreeBytes: z.number().nullable(),
		})
		.nullable(),
	notice: noticeSchema,
	/** Of the running container. */
	startedAt: z.date().nullable(),
	/** Of the container that ended. */
	exitCode: z.number().nullable(),
	isOutOfMemory: z.boolean(),
	imageRef: z.string().nullable(),
	imageDigest: z.string().nullable(),
	/** Whether there is a newer image of its version, as `services.findUpgrade` last heard; null while nobody has said. */
	upgrade: upgradeSchema,
	/**
	 * The data from before the last upgrade, where it works on a copy of them: `services.repair` brings them back when those in use are
	 * lost, or where the upgrade failed and could not be taken back. Null when there are none any more.
	 */
	formerData: z
		.strictObject({
			endedAt: z.date(),
			/** Null where the upgrade failed: as long as the server is left on the copy. */
			keptUntil: z.date().nullable(),
		})
		.nullable(),
	/** Where its container differs from what is on record. */
	drift: z.array(
		z.strictObject({
			field: z.enum(driftFields),
			expected: z.string().nullable(),
			actual: z.string().nullable(),
		}),
	),
	minMemoryBytes: z.number(),
	/** What it may have at most, its present share included; null while the machine's memory is not known. */
	maxMemoryBytes: z.number().nullable(),
	machineMemoryBytes: z.number().nullable(),
});
export type ServiceDetail = z.infer<typeof serviceDetailSchema>;

export const catalogueSchema = z.strictObject({
	isDockerUp: z.boolean(),
	engines: z.array(
		z.strictObject({
			id: z.string(),
			kind: z.enum(serviceKinds),
			label: z.string(),
			notice: noticeSchema,
			minMemoryBytes: z.number(),
			defaultMemoryBytes: z.number(),
			versions: z.array(
				z.strictObject({
					version: z.string(),
					/** The official image; null: it is only ever built here. */
					image: z.string().nullable(),
					isDefault: z.boolean(),
					capabilities: capabilitiesSchema,
					storage: storageSchema,
					availability: z.enum(imageAvailabilities),
					/** About how long building it here takes where that is more than a few minutes. */
					buildMinutes: z.number().nullable(),
				}),
			),
		}),
	),
	/** Null while the machine's memory is not known, and for whoever may make no servers. */
	memory: z
		.strictObject({
			machineBytes: z.number(),
			/** What is not kept back for the system nor promised to services, running or not. */
			leftBytes: z.number(),
		})
		.nullable(),
	/** The one that volumes lie on; null where it is not seen. */
	disk: z.strictObject({ totalBytes: z.number(), freeBytes: z.number() }).nullable(),
	presets: z.array(z.strictObject({ bytes: z.number(), allowed: z.boolean() })),
});
export type Catalogue = z.infer<typeof catalogueSchema>;

export const connectionSchema = z.strictObject({
	/** From this machine. */
	host: z.string(),
	port: z.number(),
	/** From containers of the project's network. */
	networkHost: z.string(),
	networkPort: z.number(),
	user: z.string(),
	database: z.string().nullable(),
	isRunning: z.boolean(),
	/** With a place-holder for the password; of a storage server the address of its S3. */
	uri: z.string(),
	networkUri: z.string(),
	/** With place-holders for a key, where the engine has keys. */
	command: z.string(),
	env: z.string(),
	snippets: z.array(
		z.strictObject({ language: z.enum(['node', 'python', 'php', 'laravel']), code: z.string() }),
	),
	/** Of a storage server only. */
	storage: z
		.strictObject({
			/** What S3 clients sign for. */
			region: z.string(),
			/** Its own web pages, from this machine, while it runs; null for an engine without. */
			consoleUrl: z.string().nullable(),
			/** Where the websites of its buckets answer, to a Host header that is the bucket's name; null where no port is kept for them. */
			web: z
				.strictObject({
					/** From this machine, with another port after each start; null while it does not run. */
					address: z.string().nullable(),
					/** From containers of the project's network. */
					networkAddress: z.string(),
				})
				.nullable(),
		})
		.nullable(),
});
export type Connection = z.infer<typeof connectionSchema>;

export const statsSchema = z.strictObject({
	intervalMs: z.number(),
	memoryLimitBytes: z.number(),
	maxConnections: z.number().nullable(),
	/** Oldest first; a null is a gap. */
	points: z.array(
		z.strictObject({
			atMs: z.number(),
			cpuPercent: z.number().nullable(),
			memoryBytes: z.number().nullable(),
			connections: z.number().nullable(),
		}),
	),
});
export type Stats = z.infer<typeof statsSchema>;

export const growthSchema = z.strictObject({
	/** One an hour at most, oldest first. */
	points: z.array(z.strictObject({ at: z.date(), sizeBytes: z.number() })),
});

export const logLineSchema = z.strictObject({
	at: z.date(),
	stream: z.enum(['stdout', 'stderr']),
	line: z.string(),
});
export type LogLineView = z.infer<typeof logLineSchema>;

/** `skipped`: how many lines before this one were left out of a flood. */
export const followedLineSchema = logLineSchema.extend({ skipped: z.number() });
export type FollowedLine = z.infer<typeof followedLineSchema>;

export const startedSchema = z.strictObject({
	operationId: idSchema('operation'),
	serviceId: idSchema('service'),
});
