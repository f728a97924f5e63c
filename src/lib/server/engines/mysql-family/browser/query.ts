import { performance } from 'node:perf_hooks';
import { AppError } from '../../../errors';
import type { DataBrowser, QueryResult } from '../../engine';
import { answerTooLarge, queryNotAllowed } from '../../query-not-allowed';
import type { Connections } from '../connections';
import { serverFault } from '../errors';
import { killAll } from '../sessions';
import { asHelper, type HelperSession } from './helper';
import { isReading, READING_WORDS } from './statement';
import { streamStatement, type Streamed, type StreamedStatement } from './stream';

/** The statement took longer than the session's own limit. */
const timeoutFaults = new Set([3024, 1969]);
/** The server's limit lies behind ours, for a process that dies with its statement running. */
const graceMs = 1_000;
const maxTextLength = 1_000;

export type Limited = StreamedStatement & { timeoutMs: number };

/** Runs a statement within a time. Throws QUERY_TIMEOUT, QUERY_REFUSED in the server's words, QUERY_NOT_ALLOWED for too large a row. */
export async function limitedStatement(
	connections: Connections,
	{ query, connection }: HelperSession,
	{ timeoutMs, ...statement }: Limited,
): Promise<Streamed> {
	await query(`SET SESSION ${connections.dialect.statementLimit(timeoutMs + graceMs)}`);
	const { threadId } = connection;
	const limit = late(timeoutMs);
	const startedAt = performance.now();
	try {
		const result = await Promise.race([
			streamStatement(connection, statement),
			ended(connection),
			limit.promise,
		]);
		// A SLEEP that the server's own limit ends answers as if it had slept enough.
		if (performance.now() - startedAt >= timeoutMs + graceMs) {
			throw new AppError('QUERY_TIMEOUT', { details: { timeoutMs } });
		}
		if (result.isCut) await killAll(connections, [threadId]);
		if (result.isCut && result.rows.length === 0) throw answerTooLarge();
		return result;
	} catch (error) {
		await killAll(connections, [threadId]);
		throw refusal(error, timeoutMs);
	} finally {
		limit.clear();
	}
}

function late(timeoutMs: number): { promise: Promise<never>; clear: () => void } {
	let timer: NodeJS.Timeout | undefined;
	const promise = new Promise<never>((_, reject) => {
		timer = setTimeout(() => reject(new AppError('QUERY_TIMEOUT', { details: { timeoutMs } })), timeoutMs);
	});
	return { promise, clear: () => clearTimeout(timer) };
}

/** Rejects when the connection is gone, of which the statement hears nothing. */
function ended(connection: HelperSession['connection']): Promise<never> {
	return new Promise((_, reject) => {
		connection.once('end', () => reject(new Error('the connection ended')));
	});
}

function refusal(error: unknown, timeoutMs: number): unknown {
	const fault = serverFault(error);
	if (!fault) return error;
	if (timeoutFaults.has(fault.errno)) return new AppError('QUERY_TIMEOUT', { details: { timeoutMs } });
	return refused(fault.text.slice(0, maxTextLength));
}

function refused(text: string): AppError {
	return new AppError('QUERY_REFUSED', { details: { text } });
}

/** From here on the session writes nothing: a view may call a function that writes with its author's rights. */
export async function onlyRead({ query }: HelperSession): Promise<void> {
	await query('SET SESSION TRANSACTION READ ONLY');
	await query('START TRANSACTION READ ONLY');
}

/** A compound statement of MariaDB can end the transaction and go on without. */
function assertReading(text: string): void {
	if (isReading(text)) return;
	throw queryNotAllowed({ reason: 'notReading', allowed: READING_WORDS.join(', ').toUpperCase() });
}

/** One statement on one database, as an account that can do nothing elsewhere. Throws QUERY_NOT_ALLOWED, QUERY_REFUSED, QUERY_TIMEOUT. */
export async function runQuery(
	connections: Connections,
	{ database, text, isReadOnly, timeoutMs, maxRows }: Parameters<DataBrowser['query']>[0],
): Promise<QueryResult> {
	if (isReadOnly) assertReading(text);
	return asHelper(connections, { database, level: isReadOnly ? 'read' : 'owner' }, async (session) => {
		if (isReadOnly) await onlyRead(session);
		const startedAt = performance.now();
		const { columns, rows, isCut, affected } = await limitedStatement(connections, session, {
			sql: text,
			maxRows,
			timeoutMs,
		});
		return { columns, rows, isCut, affected, elapsedMs: Math.round(performance.now() - startedAt) };
	});
}
