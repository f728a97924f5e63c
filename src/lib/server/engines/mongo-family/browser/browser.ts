import { AppError, isAppError } from '../../../errors';
import type { DataBrowser, EngineTarget } from '../../engine';
import type { Connections } from '../connections';
import { databaseExists } from '../database-names';
import type { Dialect } from '../dialect';
import { isLoginRefused, isTimeout, serverText, toEngineError } from '../errors';
import { assertNotProtected } from '../names';
import { collectionsPage } from './collections';
import { runStatement } from './query';
import { refusedByEngine } from './refused';
import { rowsPage, rowsTimeoutMs } from './rows';
import { visitorOf } from './short-lived';
import { parseStatement, refuse } from './statement';

/** For a server that stopped answering; one that answers ends the statement itself. */
const graceMs = 5_000;

/** What a failed statement means to the person who typed it. */
function toQueryError(error: unknown): AppError {
	if (isAppError(error)) return error;
	if (isTimeout(error)) return new AppError('QUERY_TIMEOUT');
	const text = serverText(error);
	if (text === null || isLoginRefused(error)) return toEngineError(error);
	return refusedByEngine(text);
}

function toRowsError(error: unknown): AppError {
	return isTimeout(error) ? new AppError('QUERY_TIMEOUT') : toEngineError(error);
}

/**
 * A look at the data as a user with one role on one database, made for the call. Where users have no roles the list of allowed
 * commands alone keeps a statement inside its database, so that nothing is written there.
 */
export function dataBrowser(
	connections: Pick<Connections, 'run'>,
	{ target, dialect }: { target: EngineTarget; dialect: Dialect },
): DataBrowser {
	const visit = visitorOf(connections, { target, dialect });

	async function assertBrowsable(database: string): Promise<void> {
		assertNotProtected(database);
		if (!(await databaseExists(connections.run, database))) {
			throw new AppError('DATABASE_NOT_FOUND', { details: { name: database } });
		}
	}

	function assertMayWrite(): void {
		if (dialect.hasRoles) return;
		const details = { engine: dialect.engine, capability: 'queryWrites', reason: 'standInWrites' };
		throw new AppError('NOT_SUPPORTED', { details });
	}

	const look = { role: 'read', timeoutMs: rowsTimeoutMs + graceMs } as const;

	return {
		async collections(request) {
			const { database } = request;
			await assertBrowsable(database);
			try {
				return await visit({ ...look, database }, (session) => collectionsPage(session, request));
			} catch (error) {
				throw toRowsError(error);
			}
		},
		async rows(request) {
			const { database } = request;
			await assertBrowsable(database);
			try {
				return await visit({ ...look, database }, (session) => rowsPage(session, request));
			} catch (error) {
				throw toRowsError(error);
			}
		},
		async query({ database, text, isReadOnly, ...limits }) {
			if (!isReadOnly) assertMayWrite();
			const statement = parseStatement(text);
			if (statement.isWrite && isReadOnly) refuse({ reason: 'changesData', command: statement.name });
			await assertBrowsable(database);
			const role = isReadOnly ? 'read' : 'readWrite';
			try {
				return await visit({ database, role, timeoutMs: limits.timeoutMs + graceMs }, (session) =>
					runStatement({ session, database, statement, limits }),
				);
			} catch (error) {
				throw toQueryError(error);
			}
		},
	};
}
