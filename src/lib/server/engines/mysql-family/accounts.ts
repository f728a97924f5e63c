import { isIP, isIPv4 } from 'node:net';
import { matcher } from './patterns';

/** What MySQL calls an account: a user name and the addresses it may come from. */
export type Account = { user: string; host: string };

export const ANY_HOST = '%';

/** How an account is named everywhere in sh0: the user alone when it may come from anywhere, else `user@address`. */
export function accountName({ user, host }: Account): string {
	return host === ANY_HOST && !user.includes('@') ? user : `${user}@${host}`;
}

/** The account that a name stands for. */
export function accountOf(name: string): Account {
	const at = name.lastIndexOf('@');
	return at < 0 ? { user: name, host: ANY_HOST } : { user: name.slice(0, at), host: name.slice(at + 1) };
}

function numberOf(address: string): number {
	return address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
}

/** The netmask of `10.0.0.0/255.0.0.0` or `10.0.0.0/8` as a number, or null. */
function maskOf(text: string): number | null {
	if (isIPv4(text)) return numberOf(text);
	if (!/^(?:[0-9]|[12][0-9]|3[0-2])$/.test(text)) return null;
	return 2 ** 32 - 2 ** (32 - Number(text));
}

/** Bits that both numbers have; JavaScript's own operator would make the result negative. */
function and(a: number, b: number): number {
	return (a & b) >>> 0;
}

type Network = { address: number; mask: number };

/** The IPv4 addresses that a host stands for, where they are one network: `10.1.2.3`, `10.%`, `10.0.0.0/8` ... */
function networkOf(host: string): Network | null {
	if (isIPv4(host)) return { address: numberOf(host), mask: 2 ** 32 - 1 };
	const start = /^((?:\d{1,3}\.){1,3})%$/
		.exec(host)?.[1]
		?.split('.')
		.filter((part) => part !== '');
	if (start) {
		const address = numberOf([...start, '0', '0', '0'].slice(0, 4).join('.'));
		return { address, mask: 2 ** 32 - 2 ** (8 * (4 - start.length)) };
	}
	const [address = '', maskText = ''] = host.split('/');
	const mask = maskOf(maskText);
	return mask === null || !isIPv4(address) ? null : { address: numberOf(address), mask };
}

/** True when an account bound to `host` may come from this address; also true of a narrower `host` in the place of the address. */
export function hostCovers(host: string, address: string): boolean {
	if (host === ANY_HOST || host.toLowerCase() === address.toLowerCase()) return true;
	const [outer, inner] = [networkOf(host), networkOf(address)];
	if (outer && inner) {
		return and(outer.mask, inner.mask) === outer.mask && and(inner.address, outer.mask) === outer.address;
	}
	return !address.includes('/') && matcher(host.toLowerCase())(address.toLowerCase());
}

/**
 * True for an address an account can be bound to: one address, the start of one (`10.%`), or a network by its netmask; by its prefix
 * length only where the server reads that. Names of hosts are not looked up by the servers here.
 */
export function isHost(host: string, { takesCidr }: { takesCidr: boolean }): boolean {
	if (host === ANY_HOST || isIP(host) !== 0) return true;
	if (/^\d{1,3}(?:\.\d{1,3}){0,2}\.%$/.test(host))
		return host.split('.').every((part) => part === '%' || Number(part) < 256);
	const [network = '', maskText, ...more] = host.split('/');
	if (maskText === undefined || more.length > 0 || !isIPv4(network)) return false;
	if (!takesCidr && !isIPv4(maskText)) return false;
	const mask = maskOf(maskText);
	return mask !== null && isNetmask(mask) && and(numberOf(network), mask) === numberOf(network);
}

/** Ones, then zeros. */
function isNetmask(mask: number): boolean {
	const rest = 2 ** 32 - mask;
	return mask > 0 && Number.isInteger(Math.log2(rest));
}
