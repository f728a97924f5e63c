import { z } from 'zod';
import type { QueryResult } from '../../engine';
import type { Command, Session } from '../connections';
import { numeric, replyAs } from '../replies';
import { cellOf, tableOf, typeOf } from './cells';
import { refusedByEngine } from './refused';
import { refuse, type Statement } from './statement';
import { take } from './take';

/** How much of a statement's result is read, and how long it may take by the server's clock. */
export type QueryLimits = { timeoutMs: number; maxRows: number };

type Outcome = Omit<QueryResult, 'elapsedMs'>;
type Work = { session: Session; database: string; statement: Statement; limits: QueryLimits };

/** One more than is shown tells that there are more. Refuses a limit that is not a count. */
function limitWithin(wanted: unknown, most: number): number {
	if (wanted === undefined) return most;
	if (typeof wanted !== 'number' || !Number.isSafeInteger(wanted) || wanted < 0) {
		refuse({ reason: 'limitNotCount' });
	}
	return wanted === 0 ? most : Math.min(wanted, most);
}

function withTime(command: Command, { timeoutMs }: QueryLimits): Command {
	return { ...command, maxTimeMS: timeoutMs };
}

async function documentsOf(work: Work, command: Command): Promise<Outcome> {
	const { session, database, limits } = work;
	const { documents, isCut } = await take(
		session.cursor(database, withTime(command, limits)),
		limits.maxRows,
	);
	return { ...tableOf(documents), isCut, affected: null };
}

function find(work: Work): Promise<Outcome> {
	const { statement, limits } = work;
	const limit = limitWithin(statement.fields.limit, limits.maxRows + 1);
	return documentsOf(work, { find: statement.collection, ...statement.fields, limit });
}

function aggregate(work: Work): Promise<Outcome> {
	const { statement, limits } = work;
	const stages: unknown = statement.fields.pipeline;
	const pipeline = [...(Array.isArray(stages) ? stages : []), { $limit: limits.maxRows + 1 }];
	return documentsOf(work, { aggregate: statement.collection, ...statement.fields, pipeline, cursor: {} });
}

async function count({ session, database, statement, limits }: Work): Promise<Outcome> {
	const command = withTime({ count: statement.collection, ...statement.fields }, limits);
	const { n } = replyAs(z.object({ n: numeric }), await session.run(database, command));
	return { columns: [{ name: 'n', type: 'int' }], rows: [[String(n)]], isCut: false, affected: null };
}

async function distinct({ session, database, statement, limits }: Work): Promise<Outcome> {
	const command = withTime({ distinct: statement.collection, ...statement.fields }, limits);
	const { values } = replyAs(
		z.object({ values: z.array(z.unknown()) }),
		await session.run(database, command),
	);
	const types = new Set(values.map(typeOf));
	const [type] = types;
	const column = { name: String(statement.fields.key), type: types.size === 1 ? (type ?? null) : null };
	const rows = values.slice(0, limits.maxRows).map((value) => [cellOf(value)]);
	return { columns: [column], rows, isCut: values.length > limits.maxRows, affected: null };
}

const writtenSchema = z.object({
	n: numeric.optional(),
	nModified: numeric.optional(),
	upserted: z.array(z.unknown()).optional(),
	writeErrors: z.array(z.object({ errmsg: z.string() })).optional(),
});

async function write({ session, database, statement, limits }: Work): Promise<Outcome> {
	const command = withTime({ [statement.name]: statement.collection, ...statement.fields }, limits);
	const reply = replyAs(writtenSchema, await session.run(database, command));
	// The server says "ok" when it has refused single documents.
	const [error] = reply.writeErrors ?? [];
	if (error) throw refusedByEngine(error.errmsg);
	const changed = reply.nModified === undefined ? reply.n : reply.nModified + (reply.upserted?.length ?? 0);
	return { columns: [], rows: [], isCut: false, affected: changed ?? 0 };
}

const runners = new Map([
	['find', find],
	['aggregate', aggregate],
	['count', count],
	['distinct', distinct],
]);

/** Runs a checked statement. Throws the driver's own error, QUERY_NOT_ALLOWED, and QUERY_REFUSED for what the server refused in part. */
export async function runStatement(work: Work): Promise<QueryResult> {
	const started = performance.now();
	const outcome = await (runners.get(work.statement.name) ?? write)(work);
	return { ...outcome, elapsedMs: Math.round(performance.now() - started) };
}
