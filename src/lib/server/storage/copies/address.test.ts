import { BlockList } from 'node:net';
import { networkInterfaces } from 'node:os';
import { describe, expect, it } from 'vitest';
import { containerRange } from '../../docker/subnets';
import { isAppError } from '../../errors';
import { getService } from '../../services/repository';
import { seedCopy } from '../../testing/seeded-copy';
import { TestApp } from '../../testing/test-app';
import {
	addressProblem,
	endpointOf,
	ownAddresses,
	pinnedLookup,
	theInternet,
	type OutsideNetwork,
} from './address';
import { findCopy } from './repository';

const own = new BlockList();
own.addAddress('198.51.100.7', 'ipv4');
own.addAddress('192.168.1.2', 'ipv4');
const problem = (address: string, isInOwnNetwork = false) => addressProblem(address, { isInOwnNetwork, own });

async function reasonOf(attempt: () => unknown): Promise<unknown> {
	try {
		await attempt();
		return null;
	} catch (error) {
		if (isAppError(error, 'COPY_ADDRESS_REFUSED')) return error.details.reason;
		throw error;
	}
}

describe('addresses outside', () => {
	it.each(['93.184.216.34', '2606:2800:220:1:248:1893:25c8:1946', '8.8.8.8'])('%s is fine', (address) => {
		expect(problem(address)).toBeNull();
	});

	it.each([
		'127.0.0.1',
		'127.255.0.9',
		'::1',
		'::ffff:127.0.0.1',
		'::ffff:0:127.0.0.1',
		'0:0:0:0:ffff:0:c0a8:102',
		'::7f00:1',
		'64:ff9b::7f00:1',
		'2002:7f00:1::',
		'192.168.1.2',
	])('%s is this machine, whatever is ticked', (address) => {
		expect(problem(address)).toBe('own');
		expect(problem(address, true)).toBe('own');
	});

	it.each([
		...[
			'169.254.169.254',
			'::ffff:169.254.169.254',
			'::ffff:a9fe:a9fe',
			'0.0.0.0',
			'::',
			'fe80::1',
			'ff02::1',
		],
		...['224.0.0.1', '255.255.255.255', '100.100.100.200', 'fd00:ec2::254', '2001:0:7f00:1::'],
		...['fd20:ce::254', 'FD20:00CE:0:0::254', 'fd00:42::42', '2001::1', '2001:0000:4136:e378::1'],
		...['::ffff:0:169.254.169.254', '64:ff9b:1::a9fe:a9fe', '2606:2800::5efe:127.0.0.1'],
		...['fd12::200:5efe:a00:1', '2606:2800:0:0:0:5efe:808:808'],
	])('%s is nobody’s, whatever is ticked', (address) => {
		expect(problem(address)).toBe('reserved');
		expect(problem(address, true)).toBe('reserved');
	});

	it.each([
		'10.0.0.1',
		'172.16.0.1',
		'172.31.255.255',
		'192.168.0.9',
		'100.64.0.1',
		'fd12::1',
		'::ffff:10.0.0.1',
		'::ffff:0:10.0.0.1',
		'fd00:42::43',
	])('%s only in one’s own network', (address) => {
		expect(problem(address)).toBe('private');
		expect(problem(address, true)).toBeNull();
	});

	it('are none of the machine’s own interfaces, and none of its projects’ networks', () => {
		const options = { isInOwnNetwork: true, own: ownAddresses(containerRange) };
		for (const { address } of Object.values(networkInterfaces()).flatMap((all) => all ?? []))
			expect(addressProblem(address, options)).toMatch(/own|reserved/);
		expect(addressProblem('10.213.7.9', options)).toBe('own');
	});
});

describe('endpointOf', () => {
	it('takes an origin', () => {
		expect(endpointOf('https://s3.example.com').host).toBe('s3.example.com');
		expect(endpointOf('http://files.example.com:9000/').port).toBe('9000');
	});

	it.each([
		'',
		'file:///etc/passwd',
		'ftp://a.example',
		'https://u:p@a.example',
		'https://a.example/x',
		'https://a.example/?b',
	])('refuses %j', async (text) => expect(await reasonOf(() => endpointOf(text))).toBe('form'));

	it('reads numbers in disguise as the address that they are', async () => {
		for (const text of ['http://2130706433', 'http://0x7f.1', 'http://127.1', 'http://[::ffff:7f00:1]'])
			expect(
				await reasonOf(() => pinnedLookup(theInternet, { endpoint: endpointOf(text), isInOwnNetwork: true })),
			).toBe('own');
	});
});

describe('pinnedLookup', () => {
	const endpoint = endpointOf('https://s3.example.com');
	const network = (answers: string[][]): OutsideNetwork => ({
		resolve: () =>
			Promise.resolve(
				(answers.shift() ?? []).map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
			),
		...{ problem: theInternet.problem, containerRange: null },
		panelHost: null,
		takesPrivate: true,
	});

	it('asks once, and every later connection goes there', async () => {
		const find = await pinnedLookup(network([['93.184.216.34'], ['127.0.0.1']]), {
			endpoint,
			isInOwnNetwork: false,
		});
		for (let count = 0; count < 2; count += 1) {
			const found = await new Promise((resolve) =>
				find('bucket.s3.example.com', {}, (_e, address) => resolve(address)),
			);
			expect(found).toBe('93.184.216.34');
		}
	});

	it('refuses a name as soon as one of its addresses is not fine', async () => {
		const options = { endpoint, isInOwnNetwork: false };
		expect(await reasonOf(() => pinnedLookup(network([['93.184.216.34', '10.1.2.3']]), options))).toBe(
			'private',
		);
		expect(await reasonOf(() => pinnedLookup(network([[]]), options))).toBe('unknown');
		const failing: OutsideNetwork = { ...theInternet, resolve: () => Promise.reject(new Error('ENOTFOUND')) };
		expect(await reasonOf(() => pinnedLookup(failing, options))).toBe('unknown');
		const later = Object.assign(new Error('no name server answers'), { code: 'EAI_AGAIN' });
		const away: OutsideNetwork = { ...theInternet, resolve: () => Promise.reject(later) };
		await expect(pinnedLookup(away, options)).rejects.toMatchObject({ kind: 'away', role: 'source' });
	});

	it('leads to no address at which the panel itself is reached', async () => {
		const behindProxy: OutsideNetwork = {
			...theInternet,
			resolve: (host) =>
				Promise.resolve(
					host === 'panel.example.org'
						? [
								{ address: '93.184.216.34', family: 4 },
								{ address: '2606:2800:0:0::9', family: 6 },
							]
						: [{ address: '93.184.216.34', family: 4 }],
				),
			panelHost: 'panel.example.org',
		};
		for (const text of ['https://s3.example.com', 'https://93.184.216.34', 'https://[2606:2800::9]'])
			expect(
				await reasonOf(() => pinnedLookup(behindProxy, { endpoint: endpointOf(text), isInOwnNetwork: true })),
			).toBe('own');
		const literal: OutsideNetwork = { ...behindProxy, panelHost: '[2606:2800::7]' };
		const options = { endpoint: endpointOf('https://[2606:2800::7]'), isInOwnNetwork: false };
		expect(await reasonOf(() => pinnedLookup(literal, options))).toBe('own');
		expect(await reasonOf(() => pinnedLookup(literal, { ...options, endpoint }))).toBeNull();
	});

	it('leads into private networks only where the installation lets it', async () => {
		const inside = endpointOf('http://10.1.2.3:9000');
		const reason = (takesPrivate: boolean, isInOwnNetwork: boolean) =>
			reasonOf(() => pinnedLookup({ ...theInternet, takesPrivate }, { endpoint: inside, isInOwnNetwork }));
		expect(await reason(false, true)).toBe('notAllowed');
		expect(await reason(false, false)).toBe('notAllowed');
		expect(await reason(true, false)).toBe('private');
		expect(await reason(true, true)).toBeNull();
	});
});

it('is none of a container’s in the panel as it is built', async () => {
	const house = new TestApp();
	const { db, storageCopies } = house.app;
	const service = getService(db, findCopy(db, seedCopy(db).copyId)?.serviceId ?? '');
	const source = {
		...{ kind: 'outside' as const, endpoint: 'http://10.213.7.9:9000', region: 'us-east-1' },
		...{ accessKeyId: 'AKIAEXAMPLE', isPathStyle: true, isInOwnNetwork: true },
	};
	expect(await reasonOf(() => storageCopies.check(service, { source, secret: 'x'.repeat(40) }))).toBe('own');
	await house.remove();
});
