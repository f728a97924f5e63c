// Plain JavaScript: server.js and vite's plugin use these rules too, outside the bundle.
import { isIP } from 'node:net';

/**
 * Where the panel is reached: its public origin when ORIGIN is set, and the port it listens on.
 * @typedef {{ origin: string | null, port: number }} Place
 */

const hostPattern = /^(?:\[([0-9a-f:.]+)\]|([a-z0-9.-]+))(?::(\d{1,5}))?$/i;

/**
 * The origin of the panel's own pages as this Host names it, or null when the Host is not the panel's. Without ORIGIN only
 * localhost and literal addresses count: a name would let any site point its own at this machine (DNS rebinding).
 * @param {string | null | undefined} host the Host header
 * @param {Place} place
 * @returns {string | null}
 */
export function ownOrigin(host, place) {
	const match = hostPattern.exec(host ?? '');
	if (!match) return null;
	const [, ipv6, name, port] = match;
	if (place.origin !== null) return isHostOf(place.origin, `${host}`) ? place.origin : null;
	const isLiteral = ipv6 === undefined ? isIP(name ?? '') === 4 : isIP(ipv6) === 6;
	if (!isLiteral && name?.toLowerCase() !== 'localhost') return null;
	if (Number(port ?? 80) !== place.port) return null;
	return new URL(`http://${host}`).origin;
}

/**
 * @param {string} origin
 * @param {string} host
 */
function isHostOf(origin, host) {
	const own = new URL(origin);
	const asked = `${own.protocol}//${host}`;
	return URL.canParse(asked) && new URL(asked).host === own.host;
}

/**
 * Whether a request that can change something may pass. A browser names the page's origin in every such request, so with cookies it
 * must be ours; a script with a token sends none.
 * @param {{ origin: string | null | undefined, own: string, hasCookie: boolean }} request
 */
export function isOriginAllowed({ origin, own, hasCookie }) {
	return origin === null || origin === undefined ? !hasCookie : origin === own;
}
