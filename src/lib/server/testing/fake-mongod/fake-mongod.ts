import { createServer, type Server, type Socket } from 'node:net';
import { BSON } from 'mongodb';
import { MongoRefusal, type Command } from './command';
import { FakeData } from './data';
import { ScramServer } from './scram';
import { FakeUsers, type FakeUser } from './users';
import { speak, type Document, type Request } from './wire';

/** A command as it came, with the user that sent it (`name@database`), without what a driver adds to each. */
export type Seen = { as: string | null; database: string; command: Document };

/** Commands of a driver that greets, logs in and asks whether the server is there. */
const greetings = new Set([
	'hello',
	'ismaster',
	'isMaster',
	'ping',
	'saslStart',
	'saslContinue',
	'endSessions',
]);
const addedByDrivers = ['lsid', '$readPreference', '$clusterTime', 'txnNumber'];

type Connection = { user: { name: string; db: string; userId: string } | null; login: ScramServer | null };
type Handler = (command: Command) => Document;

function isHandler(answer: Document | MongoRefusal | Handler | undefined): answer is Handler {
	return typeof answer === 'function';
}

/** True when one of the roles lets this user do this to that database. */
function isAllowed(user: FakeUser, name: string, database: string): boolean {
	if (user.roles.some(({ role, db }) => role === 'root' && db === 'admin')) return true;
	const own = user.roles.filter(({ db }) => db === database).map(({ role }) => role);
	if (['find', 'aggregate', 'count', 'distinct', 'listCollections', 'dbStats'].includes(name)) {
		return own.some((role) => ['read', 'readWrite', 'dbOwner'].includes(role));
	}
	if (['insert', 'update', 'delete'].includes(name)) {
		return own.some((role) => ['readWrite', 'dbOwner'].includes(role));
	}
	return own.includes('dbOwner') && ['create', 'dropDatabase'].includes(name);
}

/**
 * A fake of the MongoDB server for what its stand-in lacks: users per database, roles, sessions, settings. It answers as the manual's
 * pages on each command say and records every command, so that a test can hold what sh0 sends against those pages. It is no proof that
 * the real server takes it.
 */
export class FakeMongod {
	readonly seen: Seen[] = [];
	readonly users = new FakeUsers();
	readonly data = new FakeData();
	/** What the next command of this name is answered instead; a function answers all of them. */
	readonly answers = new Map<string, Document | MongoRefusal | Handler>();
	/** Another one after each start of a real server. */
	processId = new BSON.ObjectId();
	readonly #server: Server;
	readonly #sockets = new Set<Socket>();
	readonly #handlers: Map<string, Handler>;
	#opened = 0;

	private constructor() {
		this.#server = createServer((socket) => this.#accept(socket));
		const { users, data } = this;
		const parts: Record<string, Handler> = {
			createUser: (command) => users.createUser(command),
			updateUser: (command) => users.updateUser(command),
			dropUser: (command) => users.dropUser(command),
			grantRolesToUser: (command) => users.grantRolesToUser(command),
			revokeRolesFromUser: (command) => users.revokeRolesFromUser(command),
			usersInfo: (command) => users.usersInfo(command),
			dropAllRolesFromDatabase: () => ({ n: 0 }),
			killAllSessionsByPattern: () => ({}),
			killOp: () => ({ info: 'attempting to kill op' }),
			listDatabases: (command) => data.listDatabases(command),
			create: (command) => data.create(command),
			insert: (command) => data.insert(command),
			find: (command) => data.find(command),
			listCollections: (command) => data.listCollections(command),
			dropDatabase: (command) => data.dropDatabase(command),
			dbStats: (command) => data.dbStats(command),
			aggregate: ({ database }) => ({ cursor: { id: 0n, ns: `${database}.x`, firstBatch: [] } }),
			setParameter: () => ({ was: 0 }),
		};
		this.#handlers = new Map(Object.entries(parts));
	}

	/** Starts one with a root user of this password. */
	static async start(rootPassword: string): Promise<FakeMongod> {
		const fake = new FakeMongod();
		const command = { createUser: 'root', pwd: rootPassword, roles: [{ role: 'root', db: 'admin' }] };
		fake.users.createUser({ database: 'admin', command });
		await new Promise<void>((resolve) => fake.#server.listen(0, '127.0.0.1', resolve));
		return fake;
	}

	get port(): number {
		const address = this.#server.address();
		if (address === null || typeof address === 'string') throw new Error('it does not listen');
		return address.port;
	}

	/** Connections that are open now. */
	get connections(): number {
		return this.#sockets.size;
	}

	/** Connections that were ever opened. */
	get opened(): number {
		return this.#opened;
	}

	/** The commands seen since the last call, those of these names only when given. */
	take(...names: string[]): Seen[] {
		const all = this.seen.splice(0);
		return names.length === 0 ? all : all.filter((one) => names.includes(Object.keys(one.command)[0] ?? ''));
	}

	/** Cuts every connection, as a server does that ends; new ones are taken. */
	cut(): void {
		for (const socket of this.#sockets) socket.destroy();
	}

	async stop(): Promise<void> {
		this.cut();
		await new Promise((resolve) => this.#server.close(resolve));
	}

	#accept(socket: Socket): void {
		this.#opened += 1;
		this.#sockets.add(socket);
		socket.on('close', () => this.#sockets.delete(socket));
		const connection: Connection = { user: null, login: null };
		speak(socket, (request) => this.#answer(connection, request));
	}

	#answer(connection: Connection, request: Request): Document {
		const [name = ''] = Object.keys(request.command);
		try {
			if (greetings.has(name)) return { ...this.#greet(connection, name, request), ok: 1 };
			return { ...this.#carryOut(connection, name, request), ok: 1 };
		} catch (error) {
			if (!(error instanceof MongoRefusal)) throw error;
			return { ok: 0, code: error.code, codeName: error.codeName, errmsg: error.message };
		}
	}

	#greet(connection: Connection, name: string, { database, command }: Request): Document {
		switch (name) {
			case 'saslStart':
				connection.login = new ScramServer(textOf(command.payload));
				return { conversationId: 1, done: false, payload: binary(connection.login.first) };
			case 'saslContinue':
				return this.#finishLogin(connection, database, textOf(command.payload));
			case 'ping':
			case 'endSessions':
				if (name === 'ping' && !connection.user) throw new MongoRefusal(13, 'Unauthorized');
				return {};
			default:
				return {
					...{
						helloOk: true,
						isWritablePrimary: true,
						ismaster: true,
						minWireVersion: 0,
						maxWireVersion: 25,
					},
					...{ maxBsonObjectSize: 16_777_216, maxMessageSizeBytes: 48_000_000, maxWriteBatchSize: 100_000 },
					topologyVersion: { processId: this.processId, counter: BSON.Long.fromNumber(0) },
				};
		}
	}

	#finishLogin(connection: Connection, db: string, payload: string): Document {
		const { login } = connection;
		const user = login && this.users.find(login.user, db);
		const last = user ? login.finish(payload, user.pwd) : null;
		if (!user || last === null) throw new MongoRefusal(18, 'AuthenticationFailed', 'Authentication failed.');
		connection.user = { name: user.user, db, userId: user.userId };
		return { conversationId: 1, done: true, payload: binary(last) };
	}

	/** A user dropped and made anew is another one: who logged in as the former is logged in no more. */
	#userOf({ user }: Connection): FakeUser | undefined {
		const found = user ? this.users.find(user.name, user.db) : undefined;
		return found?.userId === user?.userId ? found : undefined;
	}

	#carryOut(connection: Connection, name: string, { database, command }: Request): Document {
		const user = this.#userOf(connection);
		const entries = Object.entries(command).filter(([key]) => !addedByDrivers.includes(key));
		const as = user ? `${user.user}@${user.db}` : null;
		this.seen.push({ as, database, command: Object.fromEntries(entries) });
		if (!user || !isAllowed(user, name, database)) throw new MongoRefusal(13, 'Unauthorized');
		const prepared = this.answers.get(name);
		if (isHandler(prepared)) return prepared({ database, command });
		this.answers.delete(name);
		if (prepared instanceof MongoRefusal) throw prepared;
		if (prepared) return prepared;
		const handler = this.#handlers.get(name);
		if (!handler) throw new MongoRefusal(59, 'CommandNotFound', `no such command: '${name}'`);
		return handler({ database, command });
	}
}

function binary(text: string): BSON.Binary {
	return new BSON.Binary(Buffer.from(text));
}

function textOf(payload: unknown): string {
	return payload instanceof BSON.Binary
		? Buffer.from(payload.buffer).toString('utf8', 0, payload.position)
		: '';
}
