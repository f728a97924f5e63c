import type { StorageCapabilityMatrix, StorageTraits } from '$lib/shared/storage-capabilities';

export const capabilities: StorageCapabilityMatrix = {
	versioning: null,
	lifecycleExpiration: null,
	lifecycleUploads: null,
	lifecycleSizes: null,
	lifecycleVersions: null,
	cleanUploads: null,
	quotaBytes: null,
	quotaObjects: 'bytesOnly',
	website: 'noWebsites',
	publicRead: null,
	cors: null,
	objectLock: 'notOffered',
	keyExpiry: null,
	prefixRights: 'notOffered',
	lastUse: 'noUseRecord',
	keyExport: 'secretsKept',
	conditionalWrites: null,
	tags: null,
	console: 'consoleOpensAll',
};

export const traits: StorageTraits = {
	usage: 'later',
	copiesEscapeQuota: false,
	publicAt: 's3',
	// Files of which a third was removed are looked for every 17 minutes, and written anew without it.
	freedAfterSeconds: 1_080,
	maxKeyBytes: 1_024,
	maxKeySegmentBytes: 255,
	// It takes one with an empty part for the same as the one without.
	takesAnyKey: false,
	// Rights that end are matched line by line, so each number of line breaks is a pattern of its own (policies.ts).
	maxKeyLineBreaks: 4,
	// A folder is an entry of its own. The server looks for empty ones after two minutes.
	leavesFolders: true,
	keepsNullMarks: true,
	deniesWhenFull: true,
	removedKeysAreBurnt: false,
};
