import { networkInterfaces } from 'node:os';

/**
 * Project networks take /26 subnets (62 addresses) out of 10.213.0.0/16, because Docker's own default pools give only about 31
 * networks. The pool holds 1,024 of them.
 */
const SUBNET_POOL = { base: '10.213.0.0', prefix: 16, subnetPrefix: 26, count: 1024 } as const;

/** What the addresses of all containers lie in, as a CIDR. */
export const containerRange = `${SUBNET_POOL.base}/${SUBNET_POOL.prefix}`;

type Range = { first: number; last: number };

function toNumber(address: string): number | null {
	const parts = address.split('.').map(Number);
	if (parts.length !== 4 || parts.some((part) => !Number.isInteger(part) || part < 0 || part > 255))
		return null;
	return parts.reduce((sum, part) => sum * 256 + part, 0);
}

function toText(address: number): string {
	return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join('.');
}

/** The addresses of an IPv4 CIDR, or null for anything else (IPv6 networks never meet our pool). */
export function rangeOf(cidr: string): Range | null {
	const [address = '', length = ''] = cidr.split('/');
	const start = toNumber(address);
	const bits = Number(length);
	if (start === null || length === '' || !Number.isInteger(bits) || bits < 0 || bits > 32) return null;
	const size = 2 ** (32 - bits);
	const first = Math.floor(start / size) * size;
	return { first, last: first + size - 1 };
}

/** The subnet with this index in the pool (it wraps round), such as `10.213.0.64/26` for 1. */
export function subnetAt(index: number): string {
	const size = 2 ** (32 - SUBNET_POOL.subnetPrefix);
	const first = (toNumber(SUBNET_POOL.base) ?? 0) + (index % SUBNET_POOL.count) * size;
	return `${toText(first)}/${SUBNET_POOL.subnetPrefix}`;
}

/** Our pool's subnets that overlap none of `taken`, nearest to `preferred` first. */
export function* freeSubnets(preferred: number, taken: string[]): Generator<string> {
	const ranges = taken.map(rangeOf).filter((range) => range !== null);
	for (let step = 0; step < SUBNET_POOL.count; step += 1) {
		const subnet = subnetAt(preferred + step);
		const own = rangeOf(subnet);
		if (own && !ranges.some((range) => range.first <= own.last && own.first <= range.last)) yield subnet;
	}
}

/** What the host's own interfaces take, such as a VPN that lies in our pool. */
export function hostSubnets(): string[] {
	return Object.values(networkInterfaces())
		.flatMap((addresses) => addresses ?? [])
		.flatMap((address) => (address.family === 'IPv4' && address.cidr ? [address.cidr] : []));
}
