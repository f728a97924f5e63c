import pg from 'pg';
import type { Secret } from '../../secret';
import type { EngineTarget } from '../engine';
import { toEngineError } from './errors';
import { ROOT_DATABASE } from './names';

const maxRootConnections = 3;
const connectTimeoutMs = 5_000;
const statementTimeoutMs = 60_000;
const lockTimeoutMs = 10_000;
/** A connection to a tenant's database blocks its owner from dropping or copying it, so it goes soon. */
const databaseIdleMs = 2_000;
const rootIdleMs = 30_000;

/** Every setting an owner can give a database with ALTER DATABASE that could stop, slow or mislead a session of ours. */
const pinned: Record<string, string> = {
	search_path: 'pg_catalog',
	role: 'none',
	row_security: 'on',
	default_transaction_isolation: String.raw`read\ committed`,
	default_transaction_read_only: 'off',
	default_transaction_deferrable: 'off',
	synchronous_commit: 'on',
	statement_timeout: String(statementTimeoutMs),
	lock_timeout: String(lockTimeoutMs),
	idle_in_transaction_session_timeout: '0',
	idle_session_timeout: '0',
	// A library that is not there ends the session before it begins.
	local_preload_libraries: '',
	exit_on_error: 'off',
	standard_conforming_strings: 'on',
	array_nulls: 'on',
	transform_null_equals: 'off',
	check_function_bodies: 'on',
	default_tablespace: '',
	temp_tablespaces: '',
	datestyle: 'ISO',
	client_min_messages: 'error',
	// These keep verifiers out of the log, failures included.
	log_statement: 'none',
	log_min_error_statement: 'panic',
	log_min_duration_statement: '-1',
};

/** Settings of later versions, which an older one refuses, by the first version that has them. */
const pinnedSince: [majorVersion: number, settings: Record<string, string>][] = [
	[17, { transaction_timeout: '0' }],
];

/** Sent with the start of every session of ours, where it goes before whatever a database or a role has been set to. */
function sessionOptions(version: string): string {
	const majorVersion = Number.parseInt(version, 10);
	const later = pinnedSince.flatMap(([since, settings]) => (majorVersion >= since ? [settings] : []));
	return Object.entries(Object.assign({}, pinned, ...later))
		.map(([key, value]) => `-c ${key}=${String(value)}`)
		.join(' ');
}

export type Row = Record<string, unknown>;
/** Runs one statement with parameters, or several in one transaction without. */
export type Query = (sql: string, values?: unknown[]) => Promise<Row[]>;

type Login = { host: string; port: number; user: string; password: Secret; database: string };

/** As a connection of ours begins; `options` are settings that go before whatever a database or role has been set to. */
export function clientConfig(login: Login, options: string): pg.ClientConfig {
	return {
		host: login.host,
		port: login.port,
		user: login.user,
		password: () => login.password.reveal(),
		database: login.database,
		application_name: 'sh0',
		// Said here so that no PGOPTIONS or PGSSLMODE in the panel's environment is used instead.
		options,
		ssl: false,
		connectionTimeoutMillis: connectTimeoutMs,
		// For a server that stopped answering; one that answers ends the statement itself.
		query_timeout: statementTimeoutMs + connectTimeoutMs,
	};
}

/** A superuser's connection of ours. */
function rootClientConfig(target: EngineTarget, database: string): pg.ClientConfig {
	return clientConfig({ ...target, database }, sessionOptions(target.version));
}

async function endQuietly(client: pg.Client): Promise<void> {
	await client.end().catch(() => undefined);
}

/** Opens a connection, runs, closes it. Throws the driver's own error: callers tell refused logins from broken connections. */
export function withLogin<T>(login: Login, run: (query: Query) => Promise<T>): Promise<T> {
	return withClient(clientConfig(login, ''), run);
}

/** As `withLogin`, as the superuser on the server's own database. */
export function withRoot<T>(
	target: EngineTarget,
	run: (query: Query) => Promise<T>,
	signal?: AbortSignal,
): Promise<T> {
	return withClient(rootClientConfig(target, ROOT_DATABASE), run, signal);
}

async function withClient<T>(
	config: pg.ClientConfig,
	run: (query: Query) => Promise<T>,
	signal?: AbortSignal,
): Promise<T> {
	signal?.throwIfAborted();
	const client = new pg.Client(config);
	// Without a listener a server that goes away ends the process.
	client.on('error', () => undefined);
	const abort = (): void => void endQuietly(client);
	signal?.addEventListener('abort', abort, { once: true });
	try {
		await client.connect();
		return await run((sql, values) => rowsOf(client.query(sql, values)));
	} finally {
		signal?.removeEventListener('abort', abort);
		await endQuietly(client);
	}
}

/** The last statement's rows: a text of several statements answers an array. */
async function rowsOf(answer: Promise<pg.QueryResult<Row> | pg.QueryResult<Row>[]>): Promise<Row[]> {
	const result = await answer;
	const last = Array.isArray(result) ? result.at(-1) : result;
	return last?.rows ?? [];
}

type DatabaseConnection = { database: string; client: pg.Client; idleTimer: NodeJS.Timeout | null };

/**
 * The connections to one server: a small pool to its root database, and at most one to another database, kept for a moment because
 * creating a database and granting on it follow one another. Four in all.
 */
export class Connections {
	readonly #target: EngineTarget;
	readonly #root: pg.Pool;
	#other: DatabaseConnection | null = null;
	#turn: Promise<unknown> = Promise.resolve();
	#isClosed = false;

	constructor(target: EngineTarget) {
		this.#target = target;
		this.#root = new pg.Pool({
			...rootClientConfig(target, ROOT_DATABASE),
			max: maxRootConnections,
			idleTimeoutMillis: rootIdleMs,
			allowExitOnIdle: true,
		});
		// An idle connection that the server ended: the pool replaces it by itself.
		this.#root.on('error', () => undefined);
	}

	/** Runs on the root database. Throws AppError. */
	query: Query = async (sql, values) => {
		try {
			return await rowsOf(this.#root.query(sql, values));
		} catch (error) {
			throw toEngineError(error);
		}
	};

	/** Runs on the named database, one caller after the other. Throws AppError. */
	inDatabase<T>(database: string, run: (query: Query) => Promise<T>): Promise<T> {
		if (database === ROOT_DATABASE) return run(this.query);
		const turn = this.#turn.then(() => this.#runIn(database, run));
		this.#turn = turn.catch(() => undefined);
		return turn;
	}

	/** Lets go of the named database, so that it can be dropped. */
	async release(database: string): Promise<void> {
		await this.#turn;
		if (this.#other?.database === database) await this.#closeOther();
	}

	async close(): Promise<void> {
		if (this.#isClosed) return;
		this.#isClosed = true;
		await this.#turn;
		await this.#closeOther();
		await this.#root.end().catch(() => undefined);
	}

	async #runIn<T>(database: string, run: (query: Query) => Promise<T>): Promise<T> {
		try {
			const connection = await this.#open(database);
			if (connection.idleTimer) clearTimeout(connection.idleTimer);
			const result = await run((sql, values) => rowsOf(connection.client.query(sql, values)));
			connection.idleTimer = setTimeout(() => this.#closeIdle(connection), databaseIdleMs).unref();
			return result;
		} catch (error) {
			await this.#closeOther();
			throw toEngineError(error);
		}
	}

	async #open(database: string): Promise<DatabaseConnection> {
		if (this.#other?.database === database) return this.#other;
		await this.#closeOther();
		const client = new pg.Client(rootClientConfig(this.#target, database));
		const connection: DatabaseConnection = { database, client, idleTimer: null };
		const forget = (): void => {
			if (this.#other === connection) this.#other = null;
		};
		client.on('error', forget);
		client.on('end', forget);
		await client.connect();
		this.#other = connection;
		return connection;
	}

	#closeIdle(connection: DatabaseConnection): void {
		this.#turn = this.#turn.then(() => (this.#other === connection ? this.#closeOther() : undefined));
	}

	async #closeOther(): Promise<void> {
		const connection = this.#other;
		this.#other = null;
		if (!connection) return;
		if (connection.idleTimer) clearTimeout(connection.idleTimer);
		await endQuietly(connection.client);
	}
}
