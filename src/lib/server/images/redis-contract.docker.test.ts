import { createHash } from 'node:crypto';
import type { Container } from 'dockerode';
import Redis from 'ioredis';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ContractHouse, contractVersions, hostilePassword } from '../testing/contract-house';

// The contract of the official images of Redis and Valkey, held by the images that are built here.

const engines = [
	{ id: 'redis', program: 'redis-server', versions: contractVersions(['7', '8']) },
	{ id: 'valkey', program: 'valkey-server', versions: contractVersions(['8', '9']) },
];

/** Commands of one connection, closed afterwards. */
async function ask(port: number, password: string | undefined, ...commands: string[][]): Promise<unknown[]> {
	const client = new Redis({
		host: '127.0.0.1',
		port,
		...(password === undefined ? {} : { password }),
		lazyConnect: true,
		retryStrategy: () => null,
	});
	client.on('error', () => {});
	try {
		await client.connect();
		const answers: unknown[] = [];
		for (const [name = '', ...args] of commands) answers.push(await client.call(name, ...args));
		return answers;
	} finally {
		client.disconnect();
	}
}

/** What sh0 puts into a new volume. */
function configuration(password: string, ...lines: string[]): Record<string, string> {
	const hash = createHash('sha256').update(password).digest('hex');
	return { 'redis.conf': [`user default on #${hash} ~* &* +@all`, ...lines, ''].join('\n') };
}

describe.each(engines)('$id', ({ id, program, versions }) => {
	const house = new ContractHouse({ id, port: 6379, tmpfs: {}, volume: () => '/data' });

	beforeAll(() => house.open(versions), 1_500_000);
	afterEach(() => house.clear());
	afterAll(() => house.close());

	const ready = (container: Container, password: string | undefined, ...commands: string[][]) =>
		house.untilReady(container, (port) => ask(port, password, ['PING'], ...commands));

	describe.each(versions)('%s', (version) => {
		it('has the official volume, port, folder and command', async () => {
			const config = await house.imageConfig(version);
			expect(Object.keys(config.Volumes)).toEqual(['/data']);
			expect(config).toMatchObject({
				ExposedPorts: { '6379/tcp': {} },
				WorkingDir: '/data',
				Entrypoint: ['docker-entrypoint.sh'],
				Cmd: ['redis-server'],
			});
		});

		it('keeps password, users, settings and data through SIGKILL', async () => {
			const volume = house.newVolume();
			const command = ['redis-server', '/data/redis.conf'];
			const seed = configuration(hostilePassword);
			const first = await house.start({ version, command, volume, seed });
			const [, server] = await ready(first, hostilePassword, ['INFO', 'server']);
			expect(server).toMatch(new RegExp(`^(redis|valkey)_version:${version}\\.`, 'm'));
			expect(await house.uidOf(first)).toBe(999);
			await ready(
				first,
				hostilePassword,
				['CONFIG', 'SET', 'appendonly', 'yes'],
				['ACL', 'SETUSER', 'app', 'on', '>app password', '~*', '+@all'],
				['CONFIG', 'REWRITE'],
				['SET', 'kept', hostilePassword],
			);
			await expect
				.poll(async () => (await ready(first, hostilePassword, ['INFO', 'persistence']))[1])
				.toMatch(/aof_enabled:1[^]*aof_rewrite_in_progress:0/);
			await house.kill(first);

			const second = await house.start({ version, command, volume });
			const answers = await ready(
				second,
				hostilePassword,
				['GET', 'kept'],
				['ACL', 'USERS'],
				['CONFIG', 'GET', 'appendonly'],
			);
			expect(answers.slice(1, 3)).toEqual([hostilePassword, ['app', 'default']]);
			expect(JSON.stringify(answers[3])).toContain('yes');
			expect(await house.stop(second)).toBe(0);
		});
	});

	it('lets nobody in without the password that the configuration names', async () => {
		const container = await house.start({ command: ['/data/redis.conf'], seed: configuration('right') });
		await ready(container, 'right');
		const port = await house.portOf(container);
		await expect(ask(port, undefined, ['GET', 'x'])).rejects.toThrow();
		await expect(ask(port, 'wrong', ['GET', 'x'])).rejects.toThrow();
	});

	it('takes options for its own and answers from outside without a password, as the official one', async () => {
		const container = await house.start({ command: ['--maxclients', '17'] });
		const [, answer] = await ready(container, undefined, ['CONFIG', 'GET', 'maxclients']);
		expect(JSON.stringify(answer)).toContain('17');
	});

	it('leaves protected mode to a configuration that speaks of it', async () => {
		const seed = { 'redis.conf': 'protected-mode yes\n' };
		const container = await house.start({ command: ['/data/redis.conf'], seed });
		await expect.poll(() => house.logOf(container)).toContain('Ready to accept connections');
		await expect(ask(await house.portOf(container), undefined, ['GET', 'x'])).rejects.toThrow();
	});

	it('runs as 999:999 without any capability', async () => {
		const volume = house.newVolume();
		const container = await house.start({ user: '999:999', capabilities: [], volume });
		await ready(container, undefined, ['SET', 'a', 'b'], ['SAVE']);
		expect(await house.uidOf(container)).toBe(999);
	});

	it('runs another program when told to', async () => {
		const { code, log } = await house.endOf(await house.start({ command: [program, '--version'] }));
		expect(code).toBe(0);
		expect(log).toContain('v=');
	});

	it('ends with the reason when its configuration is wrong', async () => {
		const seed = { 'redis.conf': 'maxmemory plenty\n' };
		const { code, log } = await house.endOf(await house.start({ command: ['/data/redis.conf'], seed }));
		expect(code).toBe(1);
		expect(log).toContain('maxmemory plenty');
	});
});
