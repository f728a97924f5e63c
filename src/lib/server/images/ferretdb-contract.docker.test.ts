import { setTimeout as delay } from 'node:timers/promises';
import type { Container } from 'dockerode';
import { MongoClient } from 'mongodb';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { ContractHouse, contractVersions, hostilePassword } from '../testing/contract-house';

// The contract of the official MongoDB image, as far as FerretDB can hold it.

const versions = contractVersions(['2']);
const house = new ContractHouse({ id: 'ferretdb', port: 27017, tmpfs: {}, volume: () => '/data/db' });
const root = 'the "root"';
const env = { MONGO_INITDB_ROOT_USERNAME: root, MONGO_INITDB_ROOT_PASSWORD: hostilePassword };

beforeAll(() => house.open(versions), 1_500_000);
afterEach(() => house.clear());
afterAll(() => house.close());

/** Runs `work` with a client that is closed afterwards. */
async function withClient<T>(
	port: number,
	login: { username: string; password: string } | undefined,
	work: (client: MongoClient) => Promise<T>,
): Promise<T> {
	const client = new MongoClient(`mongodb://127.0.0.1:${port}/`, {
		directConnection: true,
		serverSelectionTimeoutMS: 3_000,
		...(login === undefined ? {} : { auth: login, authMechanism: 'SCRAM-SHA-256' }),
	});
	try {
		return await work(await client.connect());
	} finally {
		await client.close();
	}
}

const ready = <T>(
	container: Container,
	login: { username: string; password: string } | undefined,
	work: (client: MongoClient) => Promise<T>,
) => house.untilReady(container, (port) => withClient(port, login, work));

const rootLogin = { username: root, password: hostilePassword };

it('has the official volumes and port', async () => {
	const config = await house.imageConfig('2');
	expect(Object.keys(config.Volumes).sort()).toEqual(['/data/configdb', '/data/db']);
	expect(config).toMatchObject({ ExposedPorts: { '27017/tcp': {} }, Entrypoint: ['docker-entrypoint.sh'] });
});

it('takes any password, keeps its data through SIGKILL and ends well', async () => {
	const volume = house.newVolume();
	const first = await house.start({ env, volume });
	await ready(first, rootLogin, (client) =>
		client.db('app').collection('kept').insertOne({ value: hostilePassword }),
	);
	expect(await house.uidOf(first)).toBe(999);
	expect(await house.logOf(first)).not.toContain(hostilePassword);
	await house.kill(first);

	const second = await house.start({
		env: { ...env, MONGO_INITDB_ROOT_PASSWORD: 'ignored from now on' },
		volume,
	});
	const found = await ready(second, rootLogin, (client) => client.db('app').collection('kept').findOne());
	expect(found).toMatchObject({ value: hostilePassword });
	expect(await house.stop(second)).toBe(0);
});

it('asks for a login once it has a root user, whatever its environment says later', async () => {
	const volume = house.newVolume();
	const first = await house.start({ env, volume });
	await ready(first, rootLogin, (client) => client.db('admin').command({ ping: 1 }));
	await house.kill(first);
	const second = await house.start({ volume });
	await ready(second, rootLogin, (client) => client.db('admin').command({ ping: 1 }));
	const port = await house.portOf(second);
	const wrong = { username: root, password: 'wrong' };
	await expect(withClient(port, wrong, (client) => client.db('app').collections())).rejects.toThrow();
	await expect(withClient(port, undefined, (client) => client.db('app').collections())).rejects.toThrow();
});

it('reads name and password from files and passes arguments on, as 999:999 without any capability', async () => {
	const container = await house.start({
		env: {
			MONGO_INITDB_ROOT_USERNAME_FILE: '/opt/password',
			MONGO_INITDB_ROOT_PASSWORD_FILE: '/opt/password',
		},
		secretFile: 'both-of-them\n',
		command: ['-c', 'shared_buffers=32MB', '--log-level=warn'],
		user: '999:999',
		capabilities: [],
	});
	const login = { username: 'both-of-them', password: 'both-of-them' };
	await ready(container, login, (client) => client.db('admin').command({ ping: 1 }));
	expect(await house.logOf(container)).not.toContain('Starting FerretDB');
});

it('makes a first start that was interrupted again, whenever that was', async () => {
	const volume = house.newVolume();
	for (const milliseconds of [300, 900, 1_500]) {
		const container = await house.start({ env, volume });
		await delay(milliseconds);
		await house.kill(container);
	}
	const container = await house.start({ env, volume });
	await ready(container, rootLogin, (client) => client.db('admin').command({ ping: 1 }));
});

it.each([
	['a name without a password', { MONGO_INITDB_ROOT_USERNAME: 'a' }, /needs MONGO_INITDB_ROOT_PASSWORD/],
	['a password without a name', { MONGO_INITDB_ROOT_PASSWORD: 'a' }, /needs MONGO_INITDB_ROOT_USERNAME/],
	[
		'a password and a file for it',
		{ ...env, MONGO_INITDB_ROOT_PASSWORD_FILE: '/opt/password' },
		/exclude each other/,
	],
])('ends with the reason when it gets %s', async (_what, given, reason) => {
	const { code, log } = await house.endOf(await house.start({ env: given }));
	expect(code).toBe(1);
	expect(log).toMatch(reason);
});

it('touches nothing in a volume of MongoDB itself', async () => {
	const container = await house.start({ env, volume: house.newVolume(), seed: { WiredTiger: 'x' } });
	const { code, log } = await house.endOf(container);
	expect(code).toBe(1);
	expect(log).toContain('holds data of MongoDB itself');
});
