import { Redis } from 'ioredis';
import type { DatabaseEngineDefinition } from '../engines/engine';
import { redis } from '../engines/redis/definition';
import { connectAdmin, type RedisAdmin } from '../engines/redis-family/admin';
import { valkey } from '../engines/valkey/definition';
import type { Secret } from '../secret';
import { startEngineServer, type EngineServer } from './engine-server';

/** The newest of each; `REDIS_VERSIONS=8,7` and `VALKEY_VERSIONS=9,8` ask for others. */
export const testedServers: [string, string, DatabaseEngineDefinition][] = [
	...(process.env.REDIS_VERSIONS ?? '8')
		.split(',')
		.map((version): [string, string, DatabaseEngineDefinition] => ['Redis', version, redis]),
	...(process.env.VALKEY_VERSIONS ?? '9')
		.split(',')
		.map((version): [string, string, DatabaseEngineDefinition] => ['Valkey', version, valkey]),
];

export type RedisServer = Omit<EngineServer, 'admin'> & { admin: RedisAdmin };

/** Starts a server of the family; `admin` speaks to it until it is removed. */
export async function startRedis(engine: DatabaseEngineDefinition, version: string): Promise<RedisServer> {
	const server = await startEngineServer(engine, version);
	await server.admin.close();
	const admin = connectAdmin(server.target);
	return {
		...server,
		admin,
		async remove() {
			await admin.close();
			await server.remove();
		},
	};
}

type Command = [string, ...(string | number)[]];

/** Logs in as this user and runs the commands; answers each one's reply, or the first word of its refusal after a `-`. */
export async function runAs(
	{ target }: Pick<EngineServer, 'target'>,
	{ user, password }: { user: string; password: Secret },
	commands: Command[],
): Promise<unknown[]> {
	const client = new Redis({
		...{ host: target.host, port: target.port, protocol: 2, lazyConnect: true, enableReadyCheck: false },
		...{ retryStrategy: () => null, disableClientInfo: true },
	});
	client.on('error', () => undefined);
	try {
		await client.connect();
		await client.call('AUTH', user, password.reveal());
		const answers: unknown[] = [];
		for (const [command, ...args] of commands)
			answers.push(
				await client.call(command, ...args).catch((error: Error) => `-${error.message.split(' ')[0] ?? ''}`),
			);
		return answers;
	} finally {
		client.disconnect();
	}
}
