import { z } from 'zod';
import type { Connections } from './connections';
import { rowsAs } from './rows';

/** True when there is a database of exactly this name. */
export async function databaseExists(connections: Connections, name: string): Promise<boolean> {
	const rows = await connections.query(
		`SELECT s.SCHEMA_NAME AS name FROM information_schema.schemata s WHERE s.SCHEMA_NAME = ?`,
		[name],
	);
	return rowsAs(z.object({ name: z.string() }), rows).some((row) => row.name === name);
}
