import type { IncomingHttpHeaders } from 'node:http';

/** Without the notation that a socket for both IP versions gives an IPv4 address. */
export function plainAddress(address: string | undefined): string {
	return (address ?? '').replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, '');
}

/**
 * The client's address for a WebSocket, by the rules that adapter-node has for requests: the socket's own, unless ADDRESS_HEADER names a
 * header that the proxy in front sets (with `x-forwarded-for`, the XFF_DEPTH-th from the right).
 */
export function socketAddress(
	request: { headers: IncomingHttpHeaders; socket: { remoteAddress?: string | undefined } },
	env: NodeJS.ProcessEnv = process.env,
): string {
	const name = env['ADDRESS_HEADER']?.toLowerCase();
	const value = name ? request.headers[name] : undefined;
	if (typeof value !== 'string') return plainAddress(request.socket.remoteAddress);
	if (name !== 'x-forwarded-for') return plainAddress(value.trim());
	const addresses = value.split(',').map((address) => address.trim());
	const depth = Math.max(1, Number(env['XFF_DEPTH'] ?? 1));
	return plainAddress(addresses.at(-depth) ?? request.socket.remoteAddress);
}

export const addressHint =
	'Behind a proxy every visitor seems to come from its address, and all of them share one limit on logins. Set ADDRESS_HEADER (and XFF_DEPTH).';

/** True when a proxy stands in front, as ORIGIN tells, and nothing says where it writes the visitor's address. */
export function isAddressHidden(origin: string | null, env: NodeJS.ProcessEnv = process.env): boolean {
	return origin !== null && !env['ADDRESS_HEADER'];
}
