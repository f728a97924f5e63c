/** What an S3 engine can do or not; buckets, keys, rights on whole buckets, multipart uploads and signed links every one can. */
export const storageCapabilities = [
	/** A bucket keeps the former versions of its objects. */
	'versioning',
	/** Objects are removed by themselves some days after they were written, or on a date. */
	'lifecycleExpiration',
	/** Unfinished uploads are removed by themselves. */
	'lifecycleUploads',
	/** A lifecycle rule can be for objects of some sizes only. */
	'lifecycleSizes',
	/** Former versions are removed by themselves. */
	'lifecycleVersions',
	/** Unfinished uploads can be removed when somebody asks for it. */
	'cleanUploads',
	/** A bucket's bytes can be limited. */
	'quotaBytes',
	/** A bucket's number of objects can be limited. */
	'quotaObjects',
	/** A bucket is served as a website, with an index and an error page. */
	'website',
	/** Everybody can read a bucket's objects. */
	'publicRead',
	/** Each bucket says which web pages may use it. */
	'cors',
	/** Objects can be protected from removal. */
	'objectLock',
	/** A key ends by itself. */
	'keyExpiry',
	/** A key's rights can be limited to a part of a bucket. */
	'prefixRights',
	/** When a key was last used is known. */
	'lastUse',
	/** It tells the secret of a key, so that the key can be carried over to another server. */
	'keyExport',
	/** "Only if there is none yet" and "only if unchanged" hold when an object is written. */
	'conditionalWrites',
	/** Objects carry tags. */
	'tags',
	/** It has web pages of its own. */
	'console',
] as const;
export type StorageCapability = (typeof storageCapabilities)[number];

/** Why an engine cannot do something; each has a sentence in every language (`storage_reason_*`). */
export const storageReasons = [
	/** It keeps one version of each object and refuses to be asked for more. */
	'oneVersion',
	/** It takes such headers and does nothing about them. */
	'headersIgnored',
	/** It writes over what is there, whatever the condition: locks that apps build on it do not hold. */
	'conditionsIgnored',
	/** It refuses tags. */
	'noTags',
	/** Rights are for whole buckets. */
	'wholeBuckets',
	/** It keeps no record of a key's use. */
	'noUseRecord',
	/** It tells nobody a key's secret again. */
	'secretsKept',
	/** It limits bytes only. */
	'bytesOnly',
	/** It serves no websites. */
	'noWebsites',
	/** One list of allowed web pages holds for the whole server. */
	'corsForServer',
	/** It removes unfinished uploads after a day by itself, and takes no orders about them. */
	'uploadsByItself',
	/** Its rules know no sizes. */
	'noSizes',
	/** It has no web pages. */
	'noConsole',
	/** Whoever opens its web pages has every right for everything, so they are kept shut. */
	'consoleOpensAll',
	/** A bucket gets it when it is created, which sh0 does not offer. */
	'notOffered',
] as const;
export type StorageReason = (typeof storageReasons)[number];

/** Null: it can. */
export type StorageCapabilityMatrix = Record<StorageCapability, StorageReason | null>;

/** How an engine does what it can. */
export type StorageTraits = {
	/** `atOnce`: counters are right with each answer. `later`: a scanner looks from time to time, so shown numbers lag and quotas are passed. */
	usage: 'atOnce' | 'later';
	/** True: a copy inside the server is not held to the quota. */
	copiesEscapeQuota: boolean;
	/** Public objects are read on the S3 port by their path, or on a port of its own by the Host header. */
	publicAt: 's3' | 'web';
	/** Seconds until removed objects give their disk space back. */
	freedAfterSeconds: number;
	/** Longest object key in bytes of UTF-8, and the longest part of it between slashes. */
	maxKeyBytes: number;
	maxKeySegmentBytes: number | null;
	/** False: keys with empty, `.` or `..` parts, or with a zero byte, are refused. */
	takesAnyKey: boolean;
	/** Most line breaks in a key that sh0 itself, or a key that ends, has a right to; null: any number. */
	maxKeyLineBreaks: number | null;
	/** True: a folder outlives its last object for some minutes, unless it is removed as well. */
	leavesFolders: boolean;
	/** True: the mark of an object that was removed while its bucket kept no versions any more stays, although its removal is answered. */
	keepsNullMarks: boolean;
	/** True: writers to a full bucket are denied like those without a right, and nothing more is said. */
	deniesWhenFull: boolean;
	/** A key that was removed can never come back with the same id. */
	removedKeysAreBurnt: boolean;
};

/** What people must know before they choose an engine; each has a sentence in every language (`engine_notice_*`). */
export const storageNotices = ['unmaintained'] as const;
export type StorageNotice = (typeof storageNotices)[number];
