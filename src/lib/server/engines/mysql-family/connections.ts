import { createConnection, createPool, type Connection, type ConnectionOptions } from 'mysql2';
import type { Connection as PromiseConnection, Pool, PoolConnection } from 'mysql2/promise';
import { z } from 'zod';
import type { Secret } from '../../secret';
import type { EngineTarget } from '../engine';
import type { Dialect } from './dialect';
import { toEngineError } from './errors';

const maxConnections = 3;
const connectTimeoutMs = 5_000;
const statementTimeoutMs = 60_000;
const idleMs = 30_000;

/**
 * The first statement of every session. The mode decides what a backslash in a literal means, so nothing may be sent before it is
 * known; without the lock limits a DROP would wait for a year.
 */
export const sessionSql = `SET SESSION sql_mode = 'STRICT_TRANS_TABLES,NO_ENGINE_SUBSTITUTION', SESSION lock_wait_timeout = 5,
	SESSION innodb_lock_wait_timeout = 5, SESSION time_zone = '+00:00'`;

export type Row = Record<string, unknown>;
/** Runs one statement; `?` stands for values. */
export type Query = (sql: string, values?: Value[]) => Promise<Row[]>;
export type Value = string | number | null | Buffer | Value[];

export type Login = { host: string; port: number; user: string; password: Secret; database?: string };

/** How any connection of ours is made. */
export function connectionOptions(login: Login): ConnectionOptions {
	return {
		host: login.host,
		port: login.port,
		user: login.user,
		password: login.password.reveal(),
		...(login.database === undefined ? {} : { database: login.database }),
		charset: 'UTF8MB4_UNICODE_CI',
		timezone: 'Z',
		supportBigNumbers: true,
		connectTimeout: connectTimeoutMs,
		multipleStatements: false,
		// A server must not be able to ask for a file of ours.
		flags: ['-LOCAL_FILES'],
		connectAttributes: { program_name: 'sh0' },
		stringifyObjects: true,
	};
}

const rowsSchema = z.array(z.record(z.string(), z.unknown()));

/** The rows of an answer; a statement that changes things has none. */
function rowsOf(answer: unknown): Row[] {
	return Array.isArray(answer) ? rowsSchema.parse(answer) : [];
}

async function run(connection: PromiseConnection, sql: string, values: Value[] = []): Promise<Row[]> {
	const [answer] = await connection.query({ sql, values, timeout: statementTimeoutMs + connectTimeoutMs });
	return rowsOf(answer);
}

async function prepare(connection: PromiseConnection, setup: string): Promise<void> {
	await connection.query({ sql: setup, timeout: connectTimeoutMs });
}

/** Opens a connection, runs, closes it. Throws the driver's own error: callers tell refused logins from broken connections. */
export async function withLogin<T>(
	login: Login,
	work: (query: Query, connection: Connection) => Promise<T>,
	signal?: AbortSignal,
): Promise<T> {
	signal?.throwIfAborted();
	const connection = createConnection(connectionOptions(login));
	// Without a listener a server that goes away ends the process.
	connection.on('error', () => undefined);
	const promised = connection.promise();
	const attempt = async (): Promise<T> => {
		await promised.connect();
		await prepare(promised, sessionSql);
		return work((sql, values) => run(promised, sql, values), connection);
	};
	try {
		return await (signal ? Promise.race([attempt(), aborted(signal)]) : attempt());
	} finally {
		connection.destroy();
	}
}

function aborted(signal: AbortSignal): Promise<never> {
	return new Promise((_, reject) => {
		signal.addEventListener('abort', () => reject(new Error('aborted', { cause: signal.reason })), {
			once: true,
		});
	});
}

/** A bounded pool of the administrator's connections to one server. */
export class Connections {
	readonly target: EngineTarget;
	readonly dialect: Dialect;
	readonly #pool: Pool;
	readonly #setup: string;
	readonly #ids = new Map<PoolConnection['connection'], number>();
	readonly #ready = new WeakSet<object>();
	#isClosed = false;

	constructor(target: EngineTarget, dialect: Dialect) {
		this.target = target;
		this.dialect = dialect;
		this.#setup = `${sessionSql}, SESSION wait_timeout = 28800, SESSION ${dialect.statementLimit(statementTimeoutMs)}`;
		this.#pool = createPool({
			...connectionOptions(target),
			connectionLimit: maxConnections,
			maxIdle: 1,
			idleTimeout: idleMs,
		}).promise();
	}

	/** Identifiers of the pool's own connections; there is always one. */
	ownIds(): number[] {
		return [0, ...this.#ids.values()];
	}

	/** Runs as the administrator. Throws AppError. */
	query: Query = (sql, values) => this.session((query) => query(sql, values));

	/** Runs several statements on one connection. Throws AppError. */
	async session<T>(work: (query: Query) => Promise<T>): Promise<T> {
		try {
			const pooled = await this.#pool.getConnection();
			try {
				await this.#makeReady(pooled);
				return await work((sql, values) => run(pooled, sql, values));
			} finally {
				this.#release(pooled);
			}
		} catch (error) {
			throw toEngineError(error);
		}
	}

	async close(): Promise<void> {
		if (this.#isClosed) return;
		this.#isClosed = true;
		await this.#pool.end().catch(() => undefined);
	}

	async #makeReady(pooled: PoolConnection): Promise<void> {
		const { connection } = pooled;
		if (this.#ready.has(connection)) return;
		this.#ids.set(connection, pooled.threadId);
		connection.on('error', () => this.#ids.delete(connection));
		connection.once('end', () => this.#ids.delete(connection));
		await prepare(pooled, this.#setup);
		this.#ready.add(connection);
	}

	/** One that is not as it should be is not used again. */
	#release(pooled: PoolConnection): void {
		if (this.#ready.has(pooled.connection)) return pooled.release();
		this.#ids.delete(pooled.connection);
		pooled.destroy();
	}
}
