/** Where a copy of buckets stands. `paused`: it goes on from where it was when somebody says so. */
export const copyStates = ['running', 'paused', 'done', 'failed', 'cancelled'] as const;
export type CopyState = (typeof copyStates)[number];

/** What somebody wants of a copy that is under way. */
export const copyWishes = ['pause', 'cancel'] as const;
export type CopyWish = (typeof copyWishes)[number];

/**
 * What is not as it should be of one object. `missing`: the target has none. `different`: it has another one. `refused`: it could not be
 * copied, or the target keeps nothing under such a key.
 */
export const copyFindings = ['missing', 'different', 'refused'] as const;
export type CopyFinding = (typeof copyFindings)[number];

/**
 * An upload in parts that is under way at the target, and the checksum of the object that it is of. `partBytes`: how large its parts are;
 * null when they are the source's own.
 */
export type BegunUpload = { id: string; etag: string; partBytes?: number | null };

/** What a bucket has that a copy does not carry over; the number beside it is of objects, or 1 for the bucket itself. */
export const leftBehinds = [
	'versions',
	'tags',
	'lock',
	'policy',
	'acl',
	'lifecycle',
	'cors',
	'encryption',
	/** The source did not let its settings be read. */
	'unread',
] as const;
export type LeftBehind = (typeof leftBehinds)[number];
export type LeftBehindCounts = Partial<Record<LeftBehind, number>>;

/**
 * What became of an access key of the source. `kept`: the target has had it already. `newNeeded`: its secret cannot be read there.
 * `refused`: the target does not take it.
 */
export const keyOutcomes = ['carried', 'kept', 'newNeeded', 'refused'] as const;
export type KeyOutcome = (typeof keyOutcomes)[number];
export type CopiedKey = { id: string; description: string; outcome: KeyOutcome };

/** Why an address outside is not connected to. `private`: it was not said to be wanted; `notAllowed`: the installation lets nobody want it. */
export const addressReasons = ['form', 'unknown', 'own', 'private', 'notAllowed', 'reserved'] as const;
export type AddressReason = (typeof addressReasons)[number];
