import { MongoClient, MongoServerError, type Document } from 'mongodb';
import type { EngineTarget } from '../engines/engine';
import type { Secret } from '../secret';

/** What a client's command came to: the reply, or the server's code. */
export type Answer = { reply: Document; code: null } | { reply: null; code: number };

/** A client of its own, as an app has one. */
export type TestClient = {
	run(database: string, command: Document): Promise<Answer>;
	close(): Promise<void>;
};

/** Opens a client; the login is made with the first command. */
export function openMongo(
	target: Pick<EngineTarget, 'host' | 'port'>,
	login: { user: string; password: Secret; authSource?: string },
): TestClient {
	const client = new MongoClient(`mongodb://${target.host}:${target.port}/`, {
		auth: { username: login.user, password: login.password.reveal() },
		authSource: login.authSource ?? 'admin',
		authMechanism: 'SCRAM-SHA-256',
		directConnection: true,
		appName: 'an app',
		maxPoolSize: 1,
		serverSelectionTimeoutMS: 5_000,
		retryReads: false,
		retryWrites: false,
	});
	return {
		async run(database, command) {
			try {
				return { reply: await client.db(database).command(command), code: null };
			} catch (error) {
				if (error instanceof MongoServerError) return { reply: null, code: Number(error.code) };
				throw error;
			}
		},
		close: () => client.close(true),
	};
}

/** One command as this user; the server's code, or null when it was carried out. */
export async function codeAs(
	target: EngineTarget,
	login: { user: string; password: Secret; authSource?: string },
	database: string,
	command: Document,
): Promise<number | null> {
	const client = openMongo(target, login);
	try {
		return (await client.run(database, command)).code;
	} finally {
		await client.close();
	}
}
