import { AppError } from '../../../errors';
import type { DataBrowser } from '../../engine';
import { answerTooLarge } from '../../query-not-allowed';
import type { Connection } from '../connection';
import type { Connections } from '../connections';
import { countDatabases } from '../numbered-databases';
import { toEngineError } from '../errors';
import { redisNames } from '../names';
import { keyOf } from './key-id';
import { listKeys } from './keys';
import { runQuery } from './query';
import { readRows } from './rows';

const lookRules = ['~*', '-@all', '+@read', '-@blocking', '-@dangerous'];

export function dataBrowser(connections: Connections): DataBrowser {
	/** Throws DATABASE_NOT_FOUND. */
	async function numberOf(database: string): Promise<number> {
		redisNames.assertDatabaseName(database);
		const number = Number(database);
		if (number >= (await countDatabases(connections)))
			throw new AppError('DATABASE_NOT_FOUND', { details: { name: database }, field: 'database' });
		return number;
	}

	/** Reads as a guest. Throws AppError. */
	async function look<T>(database: string, use: (guest: Connection) => Promise<T>): Promise<T> {
		const number = await numberOf(database);
		return connections.asGuest({ rules: lookRules, database: number }, async (guest) => {
			try {
				return await use(guest);
			} catch (error) {
				throw guest.isTooLarge ? answerTooLarge() : toEngineError(error);
			}
		});
	}

	return {
		collections: ({ database, ...request }) => look(database, (guest) => listKeys(guest, request)),
		async rows({ database, collection, cursor, limit }) {
			const key = keyOf(collection);
			if (!key) throw new AppError('COLLECTION_NOT_FOUND');
			return look(database, (guest) => readRows(guest, { key, cursor, limit }));
		},
		async query(request) {
			const database = await numberOf(request.database);
			return runQuery(connections, { ...request, database });
		},
	};
}
