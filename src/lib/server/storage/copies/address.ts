import { lookup as dnsLookup, type LookupAddress } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { networkInterfaces } from 'node:os';
import type { AddressReason } from '$lib/shared/storage-copies';
import { AppError } from '../../errors';

/** What is no place on the internet or in anybody's network, and the addresses at which clouds tell secrets of a machine. */
const reserved = listOf([
	...['0.0.0.0/8', '169.254.0.0/16', '192.0.0.0/24', '192.0.2.0/24', '198.18.0.0/15', '198.51.100.0/24'],
	...['203.0.113.0/24', '224.0.0.0/4', '240.0.0.0/4', '100.100.100.200/32', '168.63.129.16/32'],
	...['::/128', 'fe80::/10', 'fec0::/10', 'ff00::/8', '100::/64', '2001:db8::/32', 'fd00:ec2::/32'],
]);
const loopback = listOf(['127.0.0.0/8', '::1/128']);
const privateRanges = listOf([
	...['10.0.0.0/8', '100.64.0.0/10', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7'],
]);

/** Networks of containers on this machine, by the names that Docker gives their bridges. */
const containerBridge = /^(?:docker|br-[0-9a-f]{12}$|veth)/;

function listOf(cidrs: string[]): BlockList {
	const list = new BlockList();
	for (const cidr of cidrs) addTo(list, cidr);
	return list;
}

function addTo(list: BlockList, cidr: string): void {
	const [address = '', bits = ''] = cidr.split('/');
	list.addSubnet(address, Number(bits), address.includes(':') ? 'ipv6' : 'ipv4');
}

/** The machine's own addresses, and the networks of its containers. */
function ownAddresses(): BlockList {
	const list = new BlockList();
	for (const [name, addresses] of Object.entries(networkInterfaces()))
		for (const { address, cidr } of addresses ?? []) {
			const plain = address.split('%')[0] ?? address;
			list.addAddress(plain, plain.includes(':') ? 'ipv6' : 'ipv4');
			if (containerBridge.test(name) && cidr) addTo(list, cidr);
		}
	// The pool of the projects' networks (docker/subnets.ts).
	addTo(list, '10.213.0.0/16');
	return list;
}

/** The IPv4 address inside an IPv6 one that stands for it (mapped, translated, 6to4, Teredo is refused as a whole), or null. */
function ipv4Within(address: string): string | null {
	const groups = groupsOf(address);
	if (groups === null) return null;
	const [a = 0, b = 0, c = 0] = groups;
	const dotted = (high = 0, low = 0): string => [high >> 8, high & 255, low >> 8, low & 255].join('.');
	const isMapped =
		groups.slice(0, 5).every((group) => group === 0) && (groups[5] === 0xffff || groups[5] === 0);
	const isTranslated = a === 0x64 && b === 0xff9b;
	if (isMapped || isTranslated) return dotted(groups[6], groups[7]);
	return a === 0x2002 ? dotted(b, c) : null;
}

/** The eight groups of an IPv6 address; null for one of another form. */
function groupsOf(address: string): number[] | null {
	if (isIP(address) !== 6) return null;
	// The URL parser writes every form as plain groups.
	const text = new URL(`http://[${address.split('%')[0]}]/`).hostname.slice(1, -1);
	const [head = '', tail] = text.split('::');
	const read = (part: string): number[] =>
		part === '' ? [] : part.split(':').map((group) => parseInt(group, 16));
	const [before, after] = [read(head), read(tail ?? '')];
	return [...before, ...Array.from({ length: 8 - before.length - after.length }, () => 0), ...after];
}

/** Why this IP address is not connected to, or null. `isInOwnNetwork`: private ones are wanted. */
export function addressProblem(
	address: string,
	{ isInOwnNetwork, own = ownAddresses() }: { isInOwnNetwork: boolean; own?: BlockList },
): AddressReason | null {
	const family = isIP(address);
	if (family === 0) return 'form';
	const within = family === 6 && !loopback.check(address, 'ipv6') ? ipv4Within(address) : null;
	if (within !== null) return addressProblem(within, { isInOwnNetwork, own });
	const type = family === 6 ? 'ipv6' : 'ipv4';
	if (loopback.check(address, type) || own.check(address, type)) return 'own';
	if (reserved.check(address, type) || (family === 6 && address.toLowerCase().startsWith('2001:0:')))
		return 'reserved';
	return privateRanges.check(address, type) && !isInOwnNetwork ? 'private' : null;
}

function refused(reason: AddressReason): AppError {
	return new AppError('COPY_ADDRESS_REFUSED', { details: { reason }, field: 'endpoint' });
}

/** An endpoint of S3 as its origin. Throws COPY_ADDRESS_REFUSED for what is none, or holds more than that. */
export function endpointOf(text: string): URL {
	let url: URL;
	try {
		url = new URL(text);
	} catch {
		throw refused('form');
	}
	const isPlain = url.username === '' && url.password === '' && url.search === '' && url.hash === '';
	if (!/^https?:$/.test(url.protocol) || !isPlain || url.pathname !== '/') throw refused('form');
	return url;
}

type Resolve = (host: string) => Promise<LookupAddress[]>;

const resolveByDns: Resolve = (host) =>
	new Promise((resolve, reject) => {
		dnsLookup(host, { all: true, verbatim: true }, (error, addresses) =>
			error ? reject(error) : resolve(addresses),
		);
	});

/** What decides on addresses; a test hands over its own. */
export type OutsideNetwork = {
	resolve: Resolve;
	problem: (address: string, options: { isInOwnNetwork: boolean }) => AddressReason | null;
};

export const theInternet: OutsideNetwork = { resolve: resolveByDns, problem: addressProblem };

/**
 * Looks the endpoint's host up once and answers how every connection then finds it: a name that stands for another address a moment later
 * leads nowhere else. Buckets in front of the host name are at the same address. Throws COPY_ADDRESS_REFUSED when any of its addresses is
 * not to be connected to.
 */
export async function pinnedLookup(
	network: OutsideNetwork,
	{ endpoint, isInOwnNetwork }: { endpoint: URL; isInOwnNetwork: boolean },
): Promise<LookupFunction> {
	const host = endpoint.hostname.replace(/^\[|\]$/g, '');
	const found: LookupAddress[] =
		isIP(host) !== 0
			? [{ address: host, family: isIP(host) }]
			: await network.resolve(host).catch(() => {
					throw refused('unknown');
				});
	for (const { address } of found) {
		const reason = network.problem(address, { isInOwnNetwork });
		if (reason !== null) throw refused(reason);
	}
	const [first] = found;
	if (!first) throw refused('unknown');
	return (_hostname, options, done) => {
		if (options.all === true) done(null, [first]);
		else done(null, first.address, first.family);
	};
}
