import { MongoClient, type MongoClientOptions } from 'mongodb';
import type { Secret } from '../../secret';
import type { EngineTarget } from '../engine';
import { toEngineError } from './errors';
import { ADMIN_DATABASE } from './names';

/** By which sh0 knows its own connections again. */
export const APPLICATION = 'sh0';

const maxConnections = 3;
const connectTimeoutMs = 3_000;
const commandTimeoutMs = 60_000;
const idleMs = 30_000;
/** A server that went away is asked this seldom; a waiting call asks at once. */
const heartbeatMs = 60_000;

export type Command = Record<string, unknown>;
export type Reply = Record<string, unknown>;
/** Runs one command on a database. */
export type Run = (database: string, command: Command) => Promise<Reply>;
/** Runs a command that answers with a cursor; gives one document after the other and closes the cursor when left early. */
export type RunCursor = (database: string, command: Command) => AsyncIterable<Reply>;

export type Login = {
	host: string;
	port: number;
	user: string;
	password: Secret;
	/** The database in which this user lives. */
	authSource: string;
};

export type Session = { run: Run; cursor: RunCursor };

type Limits = { maxPoolSize: number; socketTimeoutMs: number };

function clientOptions({ user, password, authSource }: Login, limits: Limits): MongoClientOptions {
	return {
		auth: { username: user, password: password.reveal() },
		authSource,
		// The other one keeps a hash that is as good as the password.
		authMechanism: 'SCRAM-SHA-256',
		directConnection: true,
		appName: APPLICATION,
		maxPoolSize: limits.maxPoolSize,
		maxIdleTimeMS: idleMs,
		waitQueueTimeoutMS: limits.socketTimeoutMs,
		serverSelectionTimeoutMS: connectTimeoutMs,
		connectTimeoutMS: connectTimeoutMs,
		socketTimeoutMS: limits.socketTimeoutMs,
		heartbeatFrequencyMS: heartbeatMs,
		serverMonitoringMode: 'poll',
		retryReads: false,
		retryWrites: false,
		tls: false,
		// Numbers beyond 53 bits stay what they are.
		promoteLongs: true,
		bsonRegExp: true,
	};
}

function openClient(login: Login, limits: Limits): MongoClient {
	const host = login.host.includes(':') ? `[${login.host}]` : login.host;
	return new MongoClient(`mongodb://${host}:${login.port}/`, clientOptions(login, limits));
}

function sessionOf(client: MongoClient): Session {
	return {
		run: (database, command) => client.db(database).command(command),
		async *cursor(database, command) {
			const cursor = client.db(database).runCursorCommand(command);
			try {
				for await (const document of cursor) yield document;
			} finally {
				await cursor.close().catch(() => undefined);
			}
		},
	};
}

/**
 * Opens one connection, runs, closes it. Throws the driver's own error: callers tell refused logins from broken connections.
 * `timeoutMs` is how long one command may take.
 */
export async function withLogin<T>(
	login: Login,
	run: (session: Session) => Promise<T>,
	{ signal, timeoutMs = commandTimeoutMs }: { signal?: AbortSignal | undefined; timeoutMs?: number } = {},
): Promise<T> {
	signal?.throwIfAborted();
	const client = openClient(login, { maxPoolSize: 1, socketTimeoutMs: timeoutMs });
	const close = (): Promise<void> => client.close(true).catch(() => undefined);
	const abort = (): void => void close();
	signal?.addEventListener('abort', abort, { once: true });
	try {
		return await run(sessionOf(client));
	} finally {
		signal?.removeEventListener('abort', abort);
		await close();
	}
}

/** As `withLogin`, as the root user. */
export function withRoot<T>(
	target: EngineTarget,
	run: (session: Session) => Promise<T>,
	signal?: AbortSignal,
): Promise<T> {
	return withLogin({ ...target, authSource: ADMIN_DATABASE }, run, { signal });
}

/** The root user's connections to one server: three at most, opened when needed and closed when idle. */
export class Connections {
	readonly #client: MongoClient;
	readonly #session: Session;
	#isClosed = false;

	constructor(target: EngineTarget) {
		const login = { ...target, authSource: ADMIN_DATABASE };
		this.#client = openClient(login, { maxPoolSize: maxConnections, socketTimeoutMs: commandTimeoutMs });
		this.#session = sessionOf(this.#client);
	}

	/** Runs one command. Throws AppError. */
	run: Run = async (database, command) => {
		this.#assertOpen();
		try {
			return await this.#session.run(database, command);
		} catch (error) {
			throw toEngineError(error);
		}
	};

	/** Runs a command that answers with a cursor. Throws AppError. */
	cursor: RunCursor = (database, command) => this.#read(database, command);

	async close(): Promise<void> {
		if (this.#isClosed) return;
		this.#isClosed = true;
		await this.#client.close(true).catch(() => undefined);
	}

	async *#read(database: string, command: Command): AsyncIterable<Reply> {
		this.#assertOpen();
		try {
			yield* this.#session.cursor(database, command);
		} catch (error) {
			throw toEngineError(error);
		}
	}

	/** A closed client of the driver would open itself again. */
	#assertOpen(): void {
		if (this.#isClosed) throw toEngineError(new Error('these connections were closed'));
	}
}
