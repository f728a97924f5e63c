import { isIPv6 } from 'node:net';

/** Whoever holds one IPv6 address holds its whole /64, and a site often its /48. `site` is null for anything but IPv6. */
export function networksOf(ip: string): { network: string; site: string | null } {
	if (!isIPv6(ip)) return { network: ip, site: null };
	const [head = '', tail] = ip.split('::');
	const first = head === '' ? [] : head.split(':');
	const last = tail === undefined || tail === '' ? [] : tail.split(':');
	const missing = tail === undefined ? 0 : 8 - first.length - last.length;
	const groups = [...first, ...Array.from({ length: Math.max(0, missing) }, () => '0'), ...last];
	const numbers = groups.map((group) => Number.parseInt(group, 16).toString(16));
	const prefix = (length: number) => `${numbers.slice(0, length).join(':')}::/${length * 16}`;
	return { network: prefix(4), site: prefix(3) };
}
