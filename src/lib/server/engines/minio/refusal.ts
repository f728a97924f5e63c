import type { RequestHead } from '../storage';

const UNSIGNED_TRAILER = 'STREAMING-UNSIGNED-PAYLOAD-TRAILER';

/** Said twice, the server may read another one than whoever checked it. */
const onceOnly = ['authorization', 'x-amz-content-sha256'];

function all({ headers }: RequestHead, name: string): string[] {
	return headers.filter(([header]) => header === name).map(([, value]) => value.trim());
}

function isRepeated(head: RequestHead): boolean {
	return onceOnly.some((name) => all(head, name).length > 1);
}

/** The body's signature is not looked at unless the request has one in its headers (CVE-2026-41145). */
function isUnsignedTrailer(head: RequestHead): boolean {
	const isTrailer = all(head, 'x-amz-content-sha256').some(
		(value) => value.toUpperCase() === UNSIGNED_TRAILER,
	);
	return isTrailer && all(head, 'authorization').every((value) => value === '');
}

/** The path as the server reads it: decoded, and with slashes run together. */
function plainPath(path: string): string {
	try {
		return decodeURIComponent(path).replaceAll(/\/+/g, '/');
	} catch {
		return path;
	}
}

function isInternal(head: RequestHead): boolean {
	const path = plainPath(head.path);
	const isHealth =
		head.method === 'GET' || head.method === 'HEAD' ? /^\/minio\/health\/[a-z]+$/.test(path) : false;
	return /^\/minio(?:\/|$)/i.test(path) && !isHealth;
}

const rules: { name: string; refuses: (head: RequestHead) => boolean }[] = [
	{ name: 'repeated header', refuses: isRepeated },
	{ name: 'unsigned trailer', refuses: isUnsignedTrailer },
	// An archive that the server unpacks without looking at its signature (CVE-2026-40344).
	{
		name: 'auto-extract',
		refuses: ({ headers }) =>
			headers.some(([name]) => /^x-(?:amz-meta|minio)-snowball-auto-extract$/.test(name)),
	},
	// They make objects unreadable (CVE-2026-34204).
	{
		name: 'replication header',
		refuses: ({ headers }) => headers.some(([name]) => /^x-minio-(?:replication|source)-/.test(name)),
	},
	// One question can take all memory (CVE-2026-39414).
	{ name: 'select', refuses: ({ query }) => query.has('select') || query.has('select-type') },
	{
		name: 'token service',
		refuses: ({ method, path, query }) =>
			method === 'POST' && (plainPath(path) === '/' || query.has('Action')),
	},
	{ name: 'internal path', refuses: isInternal },
];

/** The rule by which a request never reaches the server, whose last version has known holes, or null. */
export function refusal(head: RequestHead): string | null {
	return rules.find((rule) => rule.refuses(head))?.name ?? null;
}
