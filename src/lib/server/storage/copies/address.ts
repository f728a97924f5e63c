import { lookup as dnsLookup, type LookupAddress } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { networkInterfaces } from 'node:os';
import type { AddressReason } from '$lib/shared/storage-copies';
import { TransferFault } from '../../engines/s3-family/copy/client';
import { AppError } from '../../errors';

/** What is no place on the internet or in anybody's network, and the addresses at which clouds tell secrets of a machine. */
const reserved = listOf([
	...['0.0.0.0/8', '169.254.0.0/16', '192.0.0.0/24', '192.0.2.0/24', '198.18.0.0/15', '198.51.100.0/24'],
	...['203.0.113.0/24', '224.0.0.0/4', '240.0.0.0/4', '100.100.100.200/32', '168.63.129.16/32'],
	...['::/128', 'fe80::/10', 'fec0::/10', 'ff00::/8', '100::/64', '2001:db8::/32'],
	...['fd00:ec2::/32', 'fd20:ce::254/128', 'fd00:42::42/128'],
	// Teredo, and NAT64 of one's own, whose IPv4 address is not always at the same place.
	...['2001::/32', '64:ff9b:1::/48'],
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
export function ownAddresses(containerRange: string | null): BlockList {
	const list = listOf(containerRange === null ? [] : [containerRange]);
	for (const [name, addresses] of Object.entries(networkInterfaces()))
		for (const { address, cidr } of addresses ?? []) {
			const plain = address.split('%')[0] ?? address;
			list.addAddress(plain, plain.includes(':') ? 'ipv6' : 'ipv4');
			if (containerBridge.test(name) && cidr) addTo(list, cidr);
		}
	return list;
}

/** The IPv4 address inside an IPv6 one that stands for it (mapped, compatible, translated, 6to4), or null. */
function ipv4Within(address: string): string | null {
	const groups = groupsOf(address);
	if (groups === null) return null;
	const head = groups.slice(0, 6).map((group) => group.toString(16));
	const dotted = (high = 0, low = 0): string => [high >> 8, high & 255, low >> 8, low & 255].join('.');
	if (standingForIpv4.has(head.join(':'))) return dotted(groups[6], groups[7]);
	return groups[0] === 0x2002 ? dotted(groups[1], groups[2]) : null;
}

/** Prefixes of 96 bits behind which there is an IPv4 address. */
const standingForIpv4 = new Set(['0:0:0:0:0:ffff', '0:0:0:0:ffff:0', '0:0:0:0:0:0', '64:ff9b:0:0:0:0']);

/** True for one through which ISATAP reaches an IPv4 address, whatever its network. */
function isTunnel(address: string): boolean {
	const [high = 0, low] = groupsOf(address)?.slice(4) ?? [];
	return (high & 0xfdff) === 0 && low === 0x5efe;
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

/** Why this IP address is not connected to, or null. `isInOwnNetwork`: private ones are wanted. `own`: those of this machine. */
export function addressProblem(
	address: string,
	{ isInOwnNetwork, own }: { isInOwnNetwork: boolean; own: BlockList },
): AddressReason | null {
	const family = isIP(address);
	if (family === 0) return 'form';
	const within = family === 6 && !loopback.check(address, 'ipv6') ? ipv4Within(address) : null;
	if (within !== null) return addressProblem(within, { isInOwnNetwork, own });
	const type = family === 6 ? 'ipv6' : 'ipv4';
	if (loopback.check(address, type) || own.check(address, type)) return 'own';
	if (reserved.check(address, type) || isTunnel(address)) return 'reserved';
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
	problem: (address: string, options: { isInOwnNetwork: boolean; own: BlockList }) => AddressReason | null;
	/** What the addresses of the projects' containers lie in, as a CIDR; null when there is no such range. */
	containerRange: string | null;
	/** The host by which the panel itself is reached from outside, if it has been told. */
	panelHost: string | null;
	/** This installation lets copies come from private addresses. */
	takesPrivate: boolean;
};

export const theInternet: OutsideNetwork = {
	resolve: resolveByDns,
	problem: addressProblem,
	containerRange: null,
	panelHost: null,
	takesPrivate: false,
};

/** One's addresses, those of a name by looking it up. Throws when there is no such name. */
async function addressesOf({ resolve }: OutsideNetwork, hostname: string): Promise<LookupAddress[]> {
	const host = hostname.replace(/^\[|\]$/g, '');
	return isIP(host) === 0 ? resolve(host) : [{ address: host, family: isIP(host) }];
}

/** The name servers could not tell: not that there is no such name. */
function isLater(error: unknown): boolean {
	return error instanceof Error && 'code' in error && error.code === 'EAI_AGAIN';
}

/** Where the panel is reached, which need be no address of this machine: a proxy or a router may stand in front. */
async function panelAddresses(network: OutsideNetwork): Promise<Set<string>> {
	if (network.panelHost === null) return new Set();
	const found = await addressesOf(network, network.panelHost).catch(() => []);
	return new Set(found.map(({ address }) => plainForm(address)));
}

/** The same text for the same address. */
function plainForm(address: string): string {
	return ipv4Within(address) ?? groupsOf(address)?.join(':') ?? address;
}

/**
 * Looks the endpoint's host up once and answers how every connection then finds it: a name that stands for another address a moment later
 * leads nowhere else. Buckets in front of the host name are at the same address. Throws COPY_ADDRESS_REFUSED when any of its addresses is
 * not to be connected to, and TransferFault when the name cannot be looked up just now.
 */
export async function pinnedLookup(
	network: OutsideNetwork,
	{ endpoint, isInOwnNetwork }: { endpoint: URL; isInOwnNetwork: boolean },
): Promise<LookupFunction> {
	const found = await addressesOf(network, endpoint.hostname).catch((error: unknown) => {
		throw isLater(error) ? new TransferFault('source', 'away', 'unreachable', error) : refused('unknown');
	});
	const panel = await panelAddresses(network);
	const options = {
		isInOwnNetwork: isInOwnNetwork && network.takesPrivate,
		own: ownAddresses(network.containerRange),
	};
	for (const { address } of found) {
		const isPanel = panel.has(plainForm(address));
		const reason = isPanel ? 'own' : network.problem(address, options);
		if (reason === 'private' && !network.takesPrivate) throw refused('notAllowed');
		if (reason !== null) throw refused(reason);
	}
	const [first] = found;
	if (!first) throw refused('unknown');
	return (_hostname, options, done) => {
		if (options.all === true) done(null, [first]);
		else done(null, first.address, first.family);
	};
}
