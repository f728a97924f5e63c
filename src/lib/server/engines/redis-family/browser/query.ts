import { AppError } from '../../../errors';
import { cutText, MAX_CELL_LENGTH } from '../../cells';
import type { Cell, QueryResult, ResultColumn } from '../../engine';
import { answerTooLarge, queryNotAllowed } from '../../query-not-allowed';
import type { Connection, Reply } from '../connection';
import type { Connections } from '../connections';
import { refusalText, toEngineError } from '../errors';
import { cellText, quoted } from './text';
import { UnreadableLine, wordsOf } from './tokenizer';

/** Reading: nothing that waits, nothing that says more than keys and values. */
const readRules = ['~*', '-@all', '+@read', '-@blocking', '-@dangerous', '+keys', '+ping', '+echo', '+time'];
/**
 * Writing: as an owner, but for what reaches another database (also as an argument or from a script), what runs on and cannot be
 * stopped, and what is about other users' connections.
 */
const writeRules = [
	...['~*', '&*', '+@all', '-@admin', '-@dangerous', '-@blocking', '-@scripting', '-@transaction'],
	...['-client', '-subscribe', '-psubscribe', '-ssubscribe'],
	...['-select', '-move', '-copy', '-swapdb', '-flushall'],
	...['+info', '+keys', '+flushdb', '+sort'],
];
/** These wait, or are about the connection, of which there is no next command; rules keep nobody from some of them. */
const refusedCommands = new Set([
	...['auth', 'hello', 'reset', 'quit', 'client', 'select', 'monitor', 'sync', 'psync'],
	...['wait', 'waitaof'],
]);

/** Modules' indexes, which answer from every database whichever one asks. */
const reachesFurther = /^(_?ft\.|ts\.(m|queryindex))/;

/** A command's name in an answer. */
const maxNameLength = 100;

type Request = { text: string; isReadOnly: boolean; timeoutMs: number; maxRows: number; database: number };

function refused(text: string): AppError {
	return new AppError('QUERY_REFUSED', { details: { text }, field: 'text' });
}

/** The words of the one command in the text. Throws QUERY_NOT_ALLOWED. */
export function commandOf(text: string): [string, ...Buffer[]] {
	const line = text.replace(/[\r\n]+$/, '');
	if (/[\r\n]/.test(line)) throw queryNotAllowed({ reason: 'notOneCommand' });
	try {
		const [name, ...args] = wordsOf(line);
		const command = name?.toString().toLowerCase() ?? '';
		if (!/^[a-z][a-z0-9_.-]*$/.test(command)) throw queryNotAllowed({ reason: 'notOneCommand' });
		if (refusedCommands.has(command) || reachesFurther.test(command))
			throw queryNotAllowed({ reason: 'wordRefused', word: cutText(command.toUpperCase(), maxNameLength) });
		return [command, ...args];
	} catch (error) {
		if (error instanceof UnreadableLine) throw queryNotAllowed({ reason: error.problem });
		throw error;
	}
}

/** A reply inside another one, on one line, as far as a cell can show it: at least `room` characters, or all. */
function inline(reply: Reply, room: number): string {
	if (reply === null) return '(nil)';
	if (Buffer.isBuffer(reply)) return quoted(reply.subarray(0, room));
	if (!Array.isArray(reply)) return String(reply);
	let text = '[';
	for (const [at, element] of reply.entries()) {
		if (text.length >= room) break;
		text += `${at === 0 ? '' : ', '}${inline(element, room - text.length)}`;
	}
	return `${text}]`;
}

function cell(reply: Reply): Cell {
	if (reply === null) return null;
	if (Array.isArray(reply)) return cutText(inline(reply, MAX_CELL_LENGTH + 1));
	return Buffer.isBuffer(reply) ? cellText(reply) : String(reply);
}

const column = (name: string): ResultColumn => ({ name, type: null });

/** A list as one row an element, numbered from 1 as the engine's own client does; anything else as one row. */
export function resultOf(reply: Reply, maxRows: number): Pick<QueryResult, 'columns' | 'rows' | 'isCut'> {
	if (!Array.isArray(reply)) return { columns: [column('value')], rows: [[cell(reply)]], isCut: false };
	return {
		columns: [column('#'), column('value')],
		rows: reply.slice(0, maxRows).map((element, at) => [String(at + 1), cell(element)]),
		isCut: reply.length > maxRows,
	};
}

async function runOn(
	guest: Connection,
	name: string,
	[command, ...args]: [string, ...Buffer[]],
): Promise<Reply> {
	try {
		return await guest.callBuffer(command, ...args);
	} catch (error) {
		if (guest.isTooLarge) throw answerTooLarge();
		const text = refusalText(error);
		if (text === null) throw toEngineError(error);
		throw refused(text.replaceAll(`User ${name} has`, 'This user has').slice(0, 1_000));
	}
}

/** Runs one command as a guest. Throws QUERY_NOT_ALLOWED, QUERY_REFUSED, QUERY_TIMEOUT. */
export async function runQuery(connections: Connections, request: Request): Promise<QueryResult> {
	const command = commandOf(request.text);
	const limit = new AbortController();
	const timer = setTimeout(() => limit.abort(new AppError('QUERY_TIMEOUT')), request.timeoutMs);
	const guest = {
		rules: request.isReadOnly ? readRules : writeRules,
		database: request.database,
		signal: limit.signal,
	};
	try {
		return await connections.asGuest(guest, async (connection, name) => {
			const startedMs = performance.now();
			const reply = await runOn(connection, name, command);
			const elapsedMs = performance.now() - startedMs;
			return { ...resultOf(reply, request.maxRows), affected: null, elapsedMs };
		});
	} finally {
		clearTimeout(timer);
	}
}
