import { z } from 'zod';
import type { Run } from './connections';
import { ADMIN_DATABASE } from './names';
import { replyAs } from './replies';

const namesSchema = z.object({ databases: z.array(z.object({ name: z.string() })) });

/** Every database, the server's own included. */
export async function listNames(run: Run): Promise<string[]> {
	const reply = await run(ADMIN_DATABASE, { listDatabases: 1, nameOnly: true });
	return replyAs(namesSchema, reply).databases.map((database) => database.name);
}

export async function databaseExists(run: Run, name: string): Promise<boolean> {
	return (await listNames(run)).includes(name);
}
