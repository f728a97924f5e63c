import { uriPart } from './connection/quote';

/** Where the panel serves objects to whoever has a link: signed ones, and those of public buckets. */
export const linkPrefix = '/s3/';

/** Where the panel's own pages read and write objects. */
export const objectPrefix = '/objects/';

export type ObjectPlace = { serviceId: string; bucket: string; key: string };

/** False for a key that browsers or proxies would change on its way as a path: they run slashes together and resolve dots. */
function isSafePath(key: string): boolean {
	const segments = key.split('/');
	return segments.every(
		(segment, index) =>
			segment !== '.' && segment !== '..' && (segment !== '' || (index > 0 && index === segments.length - 1)),
	);
}

function queryOf(pairs: [string, string][]): string {
	return pairs.length === 0
		? ''
		: `?${pairs.map(([name, value]) => `${uriPart(name)}=${uriPart(value)}`).join('&')}`;
}

/** The path below which the panel serves a bucket to the public. It ends with a slash. */
export function bucketPath({ serviceId, bucket }: Omit<ObjectPlace, 'key'>): string {
	return `${linkPrefix}${serviceId}/${bucket}/`;
}

/** The path, with its query, under which the panel serves an object to the public: with a signature, or of a public bucket. */
export function linkPath(
	{ serviceId, bucket, key }: ObjectPlace,
	signature: [string, string][] = [],
): string {
	if (!isSafePath(key)) return `${linkPrefix}${serviceId}/${bucket}${queryOf([['key', key], ...signature])}`;
	return `${bucketPath({ serviceId, bucket })}${key.split('/').map(uriPart).join('/')}${queryOf(signature)}`;
}

/** The place that a path of the panel's public way names, and the rest of its query; null when it names none. */
export function readLinkPath(
	path: string,
	query: URLSearchParams,
): (ObjectPlace & { signature: [string, string][] }) | null {
	const match = /^\/s3\/([^/]+)\/([^/]+)(?:\/(.*))?$/s.exec(path);
	if (!match) return null;
	const [, serviceId = '', bucket = '', rest = ''] = match;
	const key = rest === '' ? query.get('key') : decodedOrNull(rest);
	if (key === null || key === '') return null;
	const signature = [...query].filter(([name]) => rest !== '' || name !== 'key');
	return { serviceId, bucket, key, signature };
}

/** The bucket whose start page a path of the panel's public way asks for, `/s3/<service>/<bucket>/`, with or without its last slash; null when it names none. */
export function readSitePath(path: string): (ObjectPlace & { signature: [string, string][] }) | null {
	const match = /^\/s3\/([^/]+)\/([^/]+)\/?$/.exec(path);
	if (!match) return null;
	const [, serviceId = '', bucket = ''] = match;
	return { serviceId, bucket, key: '', signature: [] };
}

function decodedOrNull(text: string): string | null {
	try {
		return decodeURIComponent(text);
	} catch {
		return null;
	}
}

export type ObjectQuery = {
	/** Shows it instead of saving it; only kinds that cannot run anything are shown. */
	as?: 'image' | 'text';
	uploadId?: string;
	partNumber?: number;
};

/** The path by which a signed-in page reads or writes an object. */
export function objectPath({ serviceId, bucket, key }: ObjectPlace, query: ObjectQuery = {}): string {
	const more = Object.entries(query).map(([name, value]): [string, string] => [name, String(value)]);
	return `${objectPrefix}${serviceId}/${bucket}${queryOf([['key', key], ...more])}`;
}

/** How long a signed link may be valid, in seconds. */
export const linkLifetimes = [900, 3_600, 86_400, 604_800] as const;
export type LinkLifetime = (typeof linkLifetimes)[number];

/** Objects up to this size are sent in one piece; what is larger goes in parts, so that it can be resumed. */
export const PART_BYTES = 16 * 1024 * 1024;
const MAX_PARTS = 10_000;

/** Bytes of each part (the last one may be shorter) of an upload of this size, in whole MiB. */
export function partBytesOf(sizeBytes: number): number {
	const mib = 1024 * 1024;
	return Math.max(PART_BYTES, Math.ceil(sizeBytes / MAX_PARTS / mib) * mib);
}

/** The beginning of a text that is shown, and the largest image. */
export const TEXT_PREVIEW_BYTES = 256 * 1024;
export const IMAGE_PREVIEW_BYTES = 32 * 1024 * 1024;

const imageTypes: Record<string, string> = {
	png: 'image/png',
	jpg: 'image/jpeg',
	jpeg: 'image/jpeg',
	gif: 'image/gif',
	webp: 'image/webp',
	avif: 'image/avif',
};

/** The type under which an image may be shown, by its name; null for any other kind, pictures that can hold scripts among them. */
export function shownImageType(key: string): string | null {
	const extension = /\.([a-z0-9]+)$/i.exec(key)?.[1]?.toLowerCase() ?? '';
	return Object.hasOwn(imageTypes, extension) ? (imageTypes[extension] ?? null) : null;
}

/** The part of a key after its last slash (of a prefix: before it too), which is what people call its name. */
export function nameOfKey(key: string): string {
	return /[^/]*\/?$/.exec(key)?.[0] || key;
}
