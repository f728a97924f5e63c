import type { StorageCapabilityMatrix, StorageTraits } from '$lib/shared/storage-capabilities';

export const capabilities: StorageCapabilityMatrix = {
	versioning: 'oneVersion',
	lifecycleExpiration: null,
	lifecycleUploads: null,
	lifecycleSizes: null,
	lifecycleVersions: 'oneVersion',
	cleanUploads: null,
	quotaBytes: null,
	quotaObjects: null,
	website: null,
	publicRead: null,
	cors: null,
	objectLock: 'headersIgnored',
	keyExpiry: null,
	prefixRights: 'wholeBuckets',
	lastUse: 'noUseRecord',
	keyExport: null,
	conditionalWrites: 'conditionsIgnored',
	tags: 'noTags',
	console: 'noConsole',
};

export const traits: StorageTraits = {
	usage: 'atOnce',
	copiesEscapeQuota: true,
	publicAt: 'web',
	// Blocks wait ten minutes, and are looked for every ten seconds.
	freedAfterSeconds: 610,
	maxKeyBytes: 1_024,
	maxKeySegmentBytes: null,
	takesAnyKey: true,
	maxKeyLineBreaks: null,
	leavesFolders: false,
	keepsNullMarks: false,
	deniesWhenFull: false,
	removedKeysAreBurnt: true,
};
