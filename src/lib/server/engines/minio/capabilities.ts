import type { StorageCapabilityMatrix, StorageTraits } from '$lib/shared/storage-capabilities';

export const capabilities: StorageCapabilityMatrix = {
	versioning: null,
	lifecycleExpiration: null,
	lifecycleUploads: 'uploadsByItself',
	lifecycleSizes: null,
	lifecycleVersions: null,
	cleanUploads: 'uploadsByItself',
	quotaBytes: null,
	quotaObjects: 'bytesOnly',
	website: 'noWebsites',
	publicRead: null,
	cors: 'corsForServer',
	objectLock: 'notOffered',
	keyExpiry: null,
	prefixRights: 'notOffered',
	lastUse: 'noUseRecord',
	keyExport: 'secretsKept',
	conditionalWrites: null,
	tags: null,
	console: null,
};

export const traits: StorageTraits = {
	usage: 'later',
	copiesEscapeQuota: false,
	publicAt: 's3',
	freedAfterSeconds: 0,
	maxKeyBytes: 1_024,
	maxKeySegmentBytes: 255,
	takesAnyKey: false,
	maxKeyLineBreaks: null,
	leavesFolders: false,
	keepsNullMarks: false,
	deniesWhenFull: false,
	removedKeysAreBurnt: false,
};
