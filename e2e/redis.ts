import { Redis } from 'ioredis';

/** Logs in as an app would. Close it with `disconnect()`. */
export function openRedis(uri: string): Redis {
	const redis = new Redis(uri, { lazyConnect: true, retryStrategy: () => null, maxRetriesPerRequest: 0 });
	// Without a listener it writes to the console; whoever waits for an answer hears of it anyway.
	redis.on('error', () => undefined);
	return redis;
}

/** Logs in, sends one command and leaves. Rejects with the server's own words. */
export async function tell(uri: string, command: string, ...words: string[]): Promise<unknown> {
	const redis = openRedis(uri);
	try {
		await redis.connect();
		return await redis.call(command, ...words);
	} finally {
		redis.disconnect();
	}
}
