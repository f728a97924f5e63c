import type { Redis } from 'ioredis';
import type { Secret } from '../../secret';
import { AppError } from '../../errors';

const connectTimeoutMs = 5_000;
const commandTimeoutMs = 30_000;

/** What `CLIENT LIST` shows of our own connections. */
export const CLIENT_NAME = 'sh0';

export type Login = { host: string; port: number; user: string; password: Secret; database?: number };
export type Argument = string | number | Buffer;
/** A reply in RESP2's types; text is a Buffer when it was asked for as such. */
export type Reply = string | number | Buffer | null | Reply[];

export type ConnectionOptions = {
	/** More bytes than this from the server end the connection. */
	maxReplyBytes?: number;
	signal?: AbortSignal | undefined;
};

function isReply(value: unknown): value is Reply {
	return (
		value === null ||
		typeof value === 'string' ||
		typeof value === 'number' ||
		Buffer.isBuffer(value) ||
		(Array.isArray(value) && value.every(isReply))
	);
}

function asReply(value: unknown): Reply {
	if (!isReply(value)) throw new AppError('INTERNAL', { message: 'a reply of an unknown type' });
	return value;
}

/**
 * Connects, and never again by itself: no queue, no retries, no login or INFO behind our back. A panel without such a server does without
 * the driver and the 12 MB that it takes.
 */
async function newClient({ host, port }: Login): Promise<Redis> {
	const { Redis } = await import('ioredis');
	const client = new Redis({
		...{ host, port, protocol: 2, lazyConnect: true, disableClientInfo: true },
		...{ connectTimeout: connectTimeoutMs, commandTimeout: commandTimeoutMs },
		...{ enableOfflineQueue: false, enableReadyCheck: false, retryStrategy: () => null },
		...{ maxRetriesPerRequest: 0, autoResubscribe: false, autoResendUnfulfilledCommands: false },
	});
	// Without a listener it writes to the console; whoever waits for an answer hears of it anyway.
	client.on('error', () => undefined);
	return client;
}

/** One logged-in connection. Calls throw the driver's own errors, which may hold secrets: see `toEngineError`. */
export class Connection {
	readonly #client: Redis;
	#isTooLarge = false;

	private constructor(client: Redis) {
		this.#client = client;
	}

	/** Throws the driver's own error; callers tell refused logins from broken connections. */
	static async open(login: Login, options: ConnectionOptions = {}): Promise<Connection> {
		const client = await newClient(login);
		options.signal?.throwIfAborted();
		const connection = new Connection(client);
		const abort = (): void => connection.cutOff();
		options.signal?.addEventListener('abort', abort, { once: true });
		try {
			await client.connect();
			await client.call('AUTH', login.user, login.password.reveal());
			// A user that may do nothing may not even have a name.
			await client.call('CLIENT', 'SETNAME', CLIENT_NAME).catch(() => undefined);
			if (login.database) await client.call('SELECT', login.database);
			if (options.maxReplyBytes !== undefined) connection.#limit(options.maxReplyBytes);
			return connection;
		} catch (error) {
			connection.close();
			throw error;
		} finally {
			options.signal?.removeEventListener('abort', abort);
		}
	}

	get isOpen(): boolean {
		return this.#client.status === 'ready';
	}

	/** True when the connection was ended because the server sent more than was wanted. */
	get isTooLarge(): boolean {
		return this.#isTooLarge;
	}

	/** Runs one command; text in the reply is read as UTF-8. */
	async call(command: string, ...args: Argument[]): Promise<Reply> {
		return asReply(await this.#client.call(command, ...args));
	}

	/** As `call`, with text in the reply as the bytes it is. */
	async callBuffer(command: string, ...args: Argument[]): Promise<Reply> {
		return asReply(await this.#client.callBuffer(command, ...args));
	}

	/** Runs commands as one piece: all reach the server, or none. Answers each one's reply or error. */
	async transaction(commands: [string, ...Argument[]][]): Promise<(Reply | Error)[]> {
		const multi = this.#client.multi();
		for (const [command, ...args] of commands) multi.call(command, ...args);
		const results = await multi.exec();
		return (results ?? []).map(([error, reply]) => error ?? asReply(reply));
	}

	close(): void {
		this.#client.disconnect();
	}

	/** Ends it without waiting for what is still on its way. */
	cutOff(): void {
		this.close();
		// There is none before it is connected.
		const stream: Redis['stream'] | undefined = this.#client.stream;
		stream?.destroy();
	}

	#limit(maxBytes: number): void {
		let bytes = 0;
		this.#client.stream.on('data', (chunk: Buffer) => {
			bytes += chunk.length;
			if (bytes <= maxBytes) return;
			this.#isTooLarge = true;
			this.cutOff();
		});
	}
}
