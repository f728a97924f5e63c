import { byteLength, hasControlCharacter, isWellFormed, type NameProblem } from './database-names';
import type { StorageTraits } from './storage-capabilities';

/** Why a bucket's name cannot be used; the rules are those of AWS, which every client and engine takes. */
export const bucketNameReasons = [
	'empty',
	/** Shorter than 3. */
	'short',
	/** Other than a-z, 0-9, `-` and `.`. */
	'characters',
	/** It begins or ends with `-` or `.`. */
	'ends',
	/** A dot: the name is part of a host name, and certificates for `*.host` do not cover one more level. */
	'dots',
	/** Two dots, or a dot beside a hyphen: no part of a host name looks so. */
	'labels',
	/** It reads as an IP address. */
	'address',
	/** AWS keeps such beginnings and endings for itself. */
	'affix',
] as const;
export type BucketNameReason = (typeof bucketNameReasons)[number];

export const MAX_BUCKET_NAME_LENGTH = 63;
const MIN_BUCKET_NAME_LENGTH = 3;

const keptPrefixes = ['xn--', 'sthree-', 'amzn-s3-demo-'];
const keptSuffixes = ['-s3alias', '--ol-s3', '.mrap', '--x-s3', '--table-s3'];

function invalid(reason: BucketNameReason): NameProblem {
	return { code: 'NAME_INVALID', details: { reason } };
}

/**
 * What is wrong with a bucket's name, or null. A name with dots is for a bucket that is served under that domain: `isDomain` allows it.
 */
export function bucketNameProblem(
	name: string,
	{ isDomain = false }: { isDomain?: boolean } = {},
): NameProblem | null {
	if (name === '') return invalid('empty');
	if (!/^[a-z0-9.-]*$/.test(name)) return invalid('characters');
	if (name.length < MIN_BUCKET_NAME_LENGTH) return invalid('short');
	if (name.length > MAX_BUCKET_NAME_LENGTH)
		return {
			code: 'NAME_TOO_LONG',
			details: { maxLetters: MAX_BUCKET_NAME_LENGTH },
		};
	if (!/^[a-z0-9].*[a-z0-9]$/.test(name)) return invalid('ends');
	if (/^\d+\.\d+\.\d+\.\d+$/.test(name)) return invalid('address');
	if (/\.\.|\.-|-\./.test(name)) return invalid('labels');
	if (isKept(name)) return invalid('affix');
	return name.includes('.') && !isDomain ? invalid('dots') : null;
}

function isKept(name: string): boolean {
	return (
		keptPrefixes.some((prefix) => name.startsWith(prefix)) ||
		keptSuffixes.some((suffix) => name.endsWith(suffix)) ||
		name.includes('.xn--')
	);
}

/** Why an engine cannot keep an object under this key. */
export type ObjectKeyReason =
	'empty' | 'surrogate' | 'long' | 'segmentLong' | 'segments' | 'zero' | 'lineBreaks';

/**
 * What keeps an engine of these traits from keeping an object under this key, or null. Blanks, quotes and control characters are
 * fine: a key is never a path or part of a statement.
 */
export function objectKeyProblem(
	key: string,
	traits: Pick<StorageTraits, 'maxKeyBytes' | 'maxKeySegmentBytes' | 'takesAnyKey' | 'maxKeyLineBreaks'>,
): ObjectKeyReason | null {
	if (key === '') return 'empty';
	if (!isWellFormed(key)) return 'surrogate';
	if (byteLength(key) > traits.maxKeyBytes) return 'long';
	if (!canBeThere(key)) return 'segments';
	const segments = key.split('/');
	const { maxKeySegmentBytes } = traits;
	if (maxKeySegmentBytes !== null && segments.some((segment) => byteLength(segment) > maxKeySegmentBytes))
		return 'segmentLong';
	if (!traits.takesAnyKey && hasOddSegment(segments)) return 'segments';
	if (!traits.takesAnyKey && key.includes('\0')) return 'zero';
	return key.split('\n').length - 1 > (traits.maxKeyLineBreaks ?? Infinity) ? 'lineBreaks' : null;
}

/** False for a key that begins with a slash: engines drop it, and take the key for another one or for the bucket itself. */
export function canBeThere(key: string): boolean {
	return !key.startsWith('/');
}

/** A slash at the very end is a folder's marker. */
function hasOddSegment(segments: string[]): boolean {
	return segments.some(
		(segment, index) =>
			segment === '.' || segment === '..' || (segment === '' && (index === 0 || index < segments.length - 1)),
	);
}

/** Longest description of a key, in characters. */
export const MAX_KEY_DESCRIPTION_LENGTH = 200;

/** True for a description that every engine keeps as it is: it may be empty, and has no blanks at its ends. */
export function isKeyDescription(description: string): boolean {
	return (
		description.length <= MAX_KEY_DESCRIPTION_LENGTH &&
		description.trim() === description &&
		isWellFormed(description) &&
		!hasControlCharacter(description)
	);
}

/** Beginning of the ids of keys that sh0 makes for itself; no other key has it. */
export const OWN_KEY_PREFIX = 'SH0';

/** True for an access key id that every engine takes. */
export function isKeyId(id: string): boolean {
	return /^[A-Za-z0-9]{8,20}$/.test(id);
}

/** True for a secret that every engine takes: 16 to 40 printable characters of ASCII without blanks. */
export function isKeySecret(secret: string): boolean {
	return /^[\x21-\x7e]{16,40}$/.test(secret);
}
