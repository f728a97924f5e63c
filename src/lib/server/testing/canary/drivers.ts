import { askAs } from '../../../../../e2e/postgres';
import { openMysql } from '../../../../../e2e/mysql';
import { Secret } from '../../secret';
import { openMongo } from '../mongo-server';
import { runAs } from '../redis-servers';

/** How an app logs in. */
export type Login = { port: number; user: string; password: string; database: string };

/** What tests do on an engine as an app does, by the engine's own driver. */
export type Driver = {
	/** False when the engine refuses the login; any other failure is thrown. */
	canLogin(login: Login): Promise<boolean>;
	/** Puts down what must still be there at the end. */
	keep(login: Login): Promise<void>;
	/** Reads it: `[1]` as a number or a text. */
	kept(login: Login): Promise<unknown>;
};

function codeOf(error: unknown): unknown {
	return error instanceof Error && 'code' in error ? error.code : undefined;
}

/** True when it works, false for one of these codes. */
async function works(attempt: Promise<unknown>, refusals: unknown[]): Promise<boolean> {
	try {
		await attempt;
		return true;
	} catch (error) {
		if (refusals.includes(codeOf(error))) return false;
		throw error;
	}
}

const host = '127.0.0.1';

export const postgresDriver: Driver = {
	canLogin: (login) => works(askAs({ ...login, host }, 'SELECT 1'), ['28P01', '28000']),
	async keep(login) {
		await askAs({ ...login, host }, 'CREATE TABLE bird (id int)');
		await askAs({ ...login, host }, 'INSERT INTO bird VALUES (1)');
	},
	kept: async (login) => (await askAs({ ...login, host }, 'SELECT id FROM bird')).map(({ id }) => id),
};

function mysqlUri({ port, user, password, database }: Login): string {
	const [name, secret, path] = [user, password, database].map(encodeURIComponent);
	return `mysql://${name}:${secret}@${host}:${port}/${path}`;
}

async function onMysql(login: Login, ...statements: string[]): Promise<unknown> {
	const connection = await openMysql(mysqlUri(login));
	try {
		let rows: unknown = null;
		for (const sql of statements) [rows] = await connection.query({ sql, rowsAsArray: true });
		return rows;
	} finally {
		await connection.end();
	}
}

export const mysqlDriver: Driver = {
	canLogin: (login) => works(onMysql({ ...login, database: '' }, 'SELECT 1'), ['ER_ACCESS_DENIED_ERROR']),
	async keep(login) {
		await onMysql(login, 'CREATE TABLE bird (id int)', 'INSERT INTO bird VALUES (1)');
	},
	kept: async (login) => ((await onMysql(login, 'SELECT id FROM bird')) as unknown[]).flat(),
};

function onRedis({ port, user, password }: Login, ...command: [string, ...string[]]): Promise<unknown[]> {
	return runAs(
		{ target: { host, port, user, password: new Secret(password), version: '' } },
		{ user, password: new Secret(password) },
		[command],
	);
}

async function isWelcome(login: Login): Promise<boolean> {
	try {
		await onRedis(login, 'ACL', 'WHOAMI');
		return true;
	} catch (error) {
		if (error instanceof Error && error.message.startsWith('WRONGPASS')) return false;
		throw error;
	}
}

export const redisDriver: Driver = {
	canLogin: isWelcome,
	async keep(login) {
		await onRedis(login, 'SET', 'canary:bird', '1');
	},
	kept: async (login) => (await onRedis(login, 'GET', 'canary:bird')).map(Number),
};

async function onMongo({ port, user, password, database }: Login, command: object) {
	const client = openMongo({ host, port }, { user, password: new Secret(password) });
	try {
		const { reply, code } = await client.run(database, { ...command });
		return { reply, code };
	} finally {
		await client.close();
	}
}

const authenticationFailed = 18;

export const mongoDriver: Driver = {
	async canLogin(login) {
		const { code } = await onMongo({ ...login, database: 'admin' }, { connectionStatus: 1 });
		if (code !== null && code !== authenticationFailed) throw new Error(`the server's code ${code}`);
		return code === null;
	},
	async keep(login) {
		await onMongo(login, { insert: 'bird', documents: [{ _id: 1 }] });
	},
	async kept(login) {
		const { reply } = await onMongo(login, { find: 'bird' });
		return reply?.cursor.firstBatch.map(({ _id }: { _id: number }) => _id);
	},
};
