import { AppError } from '../../../errors';
import type { DataBrowser } from '../../engine';
import { atMost } from '../../turns';
import type { Connections } from '../connections';
import { assertNotProtected } from '../names';
import { databaseExists } from '../schemas';
import { listCollections } from './collections';
import { asHelper, removeLeftHelpers } from './helper';
import { onlyRead, runQuery } from './query';
import { readRows } from './rows';

const cleanEveryMs = 10 * 60_000;
/** Calls that may hold a connection and an answer at once, beside the connections of our own. */
const maxCalls = 3;

/** A look at the data of one server, each call as an account made for it. */
export function dataBrowser(connections: Connections): DataBrowser {
	let cleanedAt = 0;

	async function enter(database: string): Promise<void> {
		assertNotProtected(database);
		if (Date.now() - cleanedAt > cleanEveryMs) {
			cleanedAt = Date.now();
			await removeLeftHelpers(connections);
		}
		if (!(await databaseExists(connections, database))) {
			throw new AppError('DATABASE_NOT_FOUND', { details: { name: database } });
		}
	}

	const inLine = atMost(maxCalls);
	return {
		collections: (request) =>
			inLine(async () => {
				await enter(request.database);
				return asHelper(connections, { database: request.database, level: 'read' }, ({ query }) =>
					listCollections(query, request),
				);
			}),
		rows: (request) =>
			inLine(async () => {
				await enter(request.database);
				return asHelper(connections, { database: request.database, level: 'read' }, async (session) => {
					await onlyRead(session);
					return readRows(connections, session, request);
				});
			}),
		query: (request) =>
			inLine(async () => {
				await enter(request.database);
				return runQuery(connections, request);
			}),
	};
}
