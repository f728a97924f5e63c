import mysql from 'mysql2/promise';

/** Logs in as an app would. Close it with `end()`. */
export function openMysql(uri: string): Promise<mysql.Connection> {
	const { hostname, port, username, password, pathname } = new URL(uri);
	const [user, secret, database] = [username, password, pathname.slice(1)].map(decodeURIComponent);
	return mysql.createConnection({
		host: hostname,
		port: Number(port),
		...(user === undefined ? {} : { user }),
		...(secret === undefined ? {} : { password: secret }),
		...(database ? { database } : {}),
	});
}

/** Logs in, asks once and leaves: rows as lists of values. Rejects with the server's own error. */
export async function askMysql(uri: string, sql: string): Promise<unknown> {
	const connection = await openMysql(uri);
	try {
		const [rows] = await connection.query({ sql, rowsAsArray: true });
		return rows;
	} finally {
		await connection.end();
	}
}
