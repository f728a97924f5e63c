import pg from 'pg';

export type Row = Record<string, unknown>;

const connectLimitMs = 15_000;

/** Logs in as an app would, asks once and leaves. Rejects with the server's own error. */
export async function ask(uri: string, sql: string, values: unknown[] = []): Promise<Row[]> {
	const { hostname, port, username, password, pathname } = new URL(uri);
	// As libpq reads it; pg's own reader leaves `%3B` and the like in a database's name as they are.
	const [user, secret, database] = [username, password, pathname.slice(1)].map(decodeURIComponent);
	return askAs({ host: hostname, port: Number(port), user, password: secret, database }, sql, values);
}

/** The same with the parts of a connection. */
export async function askAs(config: pg.ClientConfig, sql: string, values: unknown[] = []): Promise<Row[]> {
	const client = new pg.Client({ connectionTimeoutMillis: connectLimitMs, ...config });
	await client.connect();
	try {
		const { rows } = await client.query<Row>(sql, values);
		return rows;
	} finally {
		await client.end();
	}
}

/** What PostgreSQL refuses it with, such as `42501` for a missing right; null when it is not refused. */
export async function refusal(uri: string, sql: string): Promise<string | null> {
	try {
		await ask(uri, sql);
		return null;
	} catch (error) {
		if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code;
		throw error;
	}
}

/** The same address for another database of the server. */
export function inDatabase(uri: string, database: string): string {
	return uri.replace(/\/[^/]*$/, `/${encodeURIComponent(database)}`);
}
