import type { DataBrowser, QueryResult } from '../../engine';
import { queryNotAllowed } from '../../query-not-allowed';
import { cellsOf, columnsOf } from './cells';
import { isReading, leadingWord, READING_WORDS } from './statement';
import { reading, visitDatabase, type Ask, type Host } from './visit';

type Request = Parameters<DataBrowser['query']>[0];

/** Rows changed, of the tag the server ends such a statement with: `INSERT 0 3`, `UPDATE 3`. */
function affectedRows(commandTag: string | null): number | null {
	const count = /^(?:INSERT 0|UPDATE|DELETE|MERGE) (\d+)$/.exec(commandTag ?? '')?.[1];
	return count === undefined ? null : Number(count);
}

function assertRunnable({ text, isReadOnly }: Request): void {
	if (leadingWord(text) === 'copy') throw queryNotAllowed({ reason: 'wordRefused', word: 'COPY' });
	if (isReadOnly && !isReading(text)) {
		throw queryNotAllowed({ reason: 'notReading', allowed: READING_WORDS.join(', ').toUpperCase() });
	}
}

async function run(ask: Ask, { text, maxRows }: Request): Promise<QueryResult> {
	const startedAt = performance.now();
	const answer = await ask(text, { maxRows });
	const elapsedMs = Math.round(performance.now() - startedAt);
	return {
		columns: await columnsOf(ask, answer.fields),
		rows: cellsOf(answer.rows),
		isCut: answer.isCut,
		affected: affectedRows(answer.commandTag),
		elapsedMs,
	};
}

/** Runs one statement. Throws QUERY_NOT_ALLOWED, QUERY_REFUSED, QUERY_TIMEOUT and as `visitDatabase`. */
export async function runQuery(host: Host, request: Request): Promise<QueryResult> {
	assertRunnable(request);
	const { database, isReadOnly, timeoutMs } = request;
	return visitDatabase(host, { database, isReadOnly, timeoutMs }, (ask) =>
		isReadOnly ? reading(ask, () => run(ask, request)) : run(ask, request),
	);
}
