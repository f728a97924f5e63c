import { Socket } from 'node:net';
import pg, { DatabaseError } from 'pg';
import { AppError, isAppError } from '../../../errors';
import { cutText } from '../../cells';
import type { EngineTarget } from '../../engine';
import { answerTooLarge, MAX_ANSWER_BYTES, queryNotAllowed } from '../../query-not-allowed';
import { clientConfig, type Connections } from '../connections';
import { sqlState } from '../errors';
import type { ServerFacts } from '../grants/grants';
import { CopyRefused, LimitedQuery, type RawResult } from './limited-query';
import { dropVisitor, makeVisitor, type Visitor } from './visitor-role';

/** How long after its own limit the server may take to say so, before the connection is cut. */
const graceMs = 2_000;
const lockTimeoutMs = 2_000;
const lifetimeMarginMs = 60_000;
const maxTextLength = 500;

const queryCanceled = '57014';
const lockNotAvailable = '55P03';

class AnswerTooLarge extends Error {}
class Overdue extends Error {}

export type Host = { connections: Connections; target: EngineTarget; facts: ServerFacts };
export type Visit = {
	database: string;
	isReadOnly: boolean;
	timeoutMs: number;
	/** Further settings of the session. */
	settings?: Record<string, string>;
};
/** Runs one statement; answers at most `maxRows` rows. */
export type Ask = (
	text: string,
	options: { values?: (string | null)[]; maxRows: number },
) => Promise<RawResult>;

/** What the database's owner could have set that would stop, slow or mislead a session, and what bounds it. */
function sessionOptions({ isReadOnly, timeoutMs, settings }: Visit, visitor: Visitor): string {
	const all: Record<string, string> = {
		role: isReadOnly ? 'none' : visitor.ownerGroup,
		default_transaction_read_only: isReadOnly ? 'on' : 'off',
		statement_timeout: String(timeoutMs),
		lock_timeout: String(Math.min(timeoutMs, lockTimeoutMs)),
		idle_in_transaction_session_timeout: String(timeoutMs + graceMs),
		idle_session_timeout: '0',
		local_preload_libraries: '',
		exit_on_error: 'off',
		row_security: 'on',
		datestyle: 'ISO',
		client_min_messages: 'error',
		...settings,
	};
	return Object.entries(all)
		.map(([key, value]) => `-c ${key}=${value}`)
		.join(' ');
}

function boundedSocket(): Socket {
	const socket = new Socket();
	let bytes = 0;
	socket.on('data', (chunk) => {
		bytes += chunk.length;
		if (bytes > MAX_ANSWER_BYTES) socket.destroy(new AnswerTooLarge());
	});
	return socket;
}

async function withSession<T>(
	host: Host,
	visit: Visit,
	visitor: Visitor,
	run: (ask: Ask) => Promise<T>,
): Promise<T> {
	const { target } = host;
	const socket = boundedSocket();
	const login = { ...target, user: visitor.name, password: visitor.password, database: visit.database };
	const { query_timeout: _none, ...config } = clientConfig(login, sessionOptions(visit, visitor));
	const client = new pg.Client({ ...config, stream: () => socket });
	client.on('error', () => undefined);
	const overdue = setTimeout(() => socket.destroy(new Overdue()), visit.timeoutMs + graceMs).unref();
	try {
		await client.connect();
		return await run((text, options) => client.query(new LimitedQuery(text, options)).done);
	} finally {
		clearTimeout(overdue);
		await client.end().catch(() => undefined);
	}
}

function refused(text: string, cause: unknown): AppError {
	return new AppError('QUERY_REFUSED', {
		details: { text: cutText(text, maxTextLength) },
		message: String(sqlState(cause)),
	});
}

/** What a failed visit means to the person who asked. The server's own words are theirs to read, and stay out of the log. */
function toVisitError(error: unknown): AppError {
	if (isAppError(error)) return error;
	if (error instanceof Overdue) return new AppError('QUERY_TIMEOUT');
	if (error instanceof AnswerTooLarge) return answerTooLarge();
	if (error instanceof CopyRefused) return queryNotAllowed({ reason: 'wordRefused', word: 'COPY' }, error);
	if (!(error instanceof DatabaseError)) return new AppError('ENGINE_UNREACHABLE', { cause: error });
	if ([queryCanceled, lockNotAvailable].includes(error.code ?? '')) return new AppError('QUERY_TIMEOUT');
	return refused(error.hint ? `${error.message} (${error.hint})` : error.message, error);
}

/**
 * Runs statements in a database as a login made for this call alone: a member of the database's readers, or of its owners when it may
 * write. The login is gone afterwards, with all it still runs; one that a crash left is dropped by the next visit.
 * Throws DATABASE_NOT_FOUND, DATABASE_PROTECTED, QUERY_NOT_ALLOWED, QUERY_REFUSED, QUERY_TIMEOUT, ENGINE_UNREACHABLE.
 */
export async function visitDatabase<T>(host: Host, visit: Visit, run: (ask: Ask) => Promise<T>): Promise<T> {
	const { connections, facts } = host;
	const lifetimeMs = visit.timeoutMs + lifetimeMarginMs;
	const visitor = await makeVisitor(connections, facts, { ...visit, lifetimeMs });
	let isQuiet = false;
	try {
		const result = await withSession(host, visit, visitor, run);
		isQuiet = true;
		return result;
	} catch (error) {
		throw toVisitError(error);
	} finally {
		await endVisit(host, visitor, isQuiet);
	}
}

/** Never throws: the answer is there, and the next visit tidies up. */
async function endVisit({ connections, facts }: Host, { name }: Visitor, isQuiet: boolean): Promise<void> {
	try {
		if (!isQuiet) {
			await connections.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = $1', [
				name,
			]);
		}
		await dropVisitor(connections, facts, name);
	} catch {
		// Its password ends by itself.
	}
}

/** Within a read-only transaction that has begun to read, so that nothing in it can make it writable. */
export async function reading<T>(ask: Ask, run: () => Promise<T>): Promise<T> {
	await ask('BEGIN READ ONLY', { maxRows: 1 });
	await ask('SELECT 1', { maxRows: 1 });
	return run();
}
