import type { IncomingHttpHeaders } from 'node:http';

/** What our own pages do with an object: they link to it, show it or read it. */
const harmless = new Set(['document', 'empty', 'image', 'audio', 'video']);

/**
 * True when a page of the panel's own origin asks for an object as a part of itself, such as a script, a style sheet or a worker: what people
 * stored lies on that origin, which its Content-Security-Policy trusts.
 */
export function isPartOfPage(headers: IncomingHttpHeaders): boolean {
	if (headers['service-worker'] !== undefined) return true;
	const destination = headers['sec-fetch-dest'];
	if (headers['sec-fetch-site'] !== 'same-origin' || destination === undefined) return false;
	return typeof destination !== 'string' || !harmless.has(destination);
}
