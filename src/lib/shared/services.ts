/** What a person wants of a service. */
export const desiredStates = ['running', 'stopped'] as const;
export type DesiredState = (typeof desiredStates)[number];

/** Where a service is in its life; stored. */
export const servicePhases = ['creating', 'ready', 'failed', 'removing', 'trashed', 'data_lost'] as const;
export type ServicePhase = (typeof servicePhases)[number];

/** What a page shows; derived from phase, desired state, Docker and running operations. */
export const serviceStatuses = [
	'creating',
	'starting',
	'running',
	'stopping',
	'stopped',
	'unhealthy',
	'working',
	'failed',
	'data_lost',
	'trashed',
	'unknown',
] as const;
export type ServiceStatus = (typeof serviceStatuses)[number];

export const serviceKinds = ['database', 'storage'] as const;
export type ServiceKind = (typeof serviceKinds)[number];

export const imageOrigins = ['registry', 'built'] as const;
export type ImageOrigin = (typeof imageOrigins)[number];

export const imageAvailabilities = ['present', 'pullable', 'buildable', 'unavailable', 'unknown'] as const;
export type ImageAvailability = (typeof imageAvailabilities)[number];

/** Levels a database user can have on one database, weakest first. */
export const grantLevels = ['none', 'read', 'write', 'owner'] as const;
export type GrantLevel = (typeof grantLevels)[number];

/** Days a removed service's volume stays in the trash. */
export const TRASH_DAYS = 7;

/** Days the data from before an upgrade are kept when the newer image works on a copy of them. */
export const FORMER_DATA_DAYS = 3;
