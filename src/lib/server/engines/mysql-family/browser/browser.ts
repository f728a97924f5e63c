import { AppError } from '../../../errors';
import type { DataBrowser } from '../../engine';
import type { Connections } from '../connections';
import { assertNotProtected } from '../names';
import { databaseExists } from '../schemas';
import { listCollections } from './collections';
import { asHelper, removeLeftHelpers } from './helper';
import { runQuery } from './query';
import { readRows } from './rows';

const cleanEveryMs = 10 * 60_000;

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

	return {
		async collections(request) {
			await enter(request.database);
			return asHelper(connections, { database: request.database, level: 'read' }, ({ query }) =>
				listCollections(query, request),
			);
		},
		async rows(request) {
			await enter(request.database);
			return asHelper(connections, { database: request.database, level: 'read' }, async (session) => {
				await session.query('START TRANSACTION READ ONLY');
				return readRows(connections, session, request);
			});
		},
		async query(request) {
			await enter(request.database);
			return runQuery(connections, request);
		},
	};
}
