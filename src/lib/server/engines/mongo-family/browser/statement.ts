import { BSON } from 'mongodb';
import type { QueryRefusal } from '$lib/shared/query-refusals';
import { cutText } from '../../cells';
import { queryNotAllowed } from '../../query-not-allowed';
import type { Command } from '../connections';
import { assertHarmless, assertPipeline } from './operators';

const maxTextLength = 100_000;
/** A name of the statement's own in an answer. */
const maxNameLength = 100;

/** The commands that can be typed, with the fields that each may have; everything else is ours to set. */
const readCommands = new Map([
	['find', ['filter', 'projection', 'sort', 'skip', 'limit', 'collation', 'hint', 'let', 'min', 'max']],
	['aggregate', ['pipeline', 'collation', 'hint', 'let']],
	['count', ['query', 'skip', 'limit', 'collation', 'hint']],
	['distinct', ['key', 'query', 'collation', 'hint']],
]);
const writeCommands = new Map([
	['insert', ['documents', 'ordered']],
	['update', ['updates', 'ordered', 'let']],
	['delete', ['deletes', 'ordered', 'let']],
]);

/** What was typed, checked: `fields` are those of the command beside its name. */
export type Statement = { name: string; collection: string; fields: Command; isWrite: boolean };

/** Throws QUERY_NOT_ALLOWED for this reason. */
export function refuse(refusal: QueryRefusal): never {
	throw queryNotAllowed(refusal);
}

function isDocument(value: unknown): value is Command {
	return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Where the text stops being JSON, counted from 1; null where the parser does not tell. */
function positionIn(error: unknown): number | null {
	const index =
		error instanceof SyntaxError ? /\bat position (\d{1,6})\b/.exec(error.message)?.[1] : undefined;
	return index === undefined ? null : Number(index) + 1;
}

function parse(text: string): Command {
	if (text.length > maxTextLength) refuse({ reason: 'statementTooLong', maxLength: maxTextLength });
	let parsed: unknown;
	try {
		parsed = BSON.EJSON.parse(text, { relaxed: true });
	} catch (error) {
		refuse({ reason: 'notJson', position: positionIn(error) });
	}
	if (!isDocument(parsed)) refuse({ reason: 'notDocument' });
	return parsed;
}

function allowedFields(name: string): { fields: string[]; isWrite: boolean } {
	const read = readCommands.get(name);
	if (read) return { fields: read, isWrite: false };
	const write = writeCommands.get(name);
	if (write) return { fields: write, isWrite: true };
	const names = [...readCommands.keys(), ...writeCommands.keys()].join(', ');
	return refuse({ reason: 'unknownCommand', allowed: names });
}

/**
 * Reads one command document, in extended JSON with its name first: `{"find": "orders", "filter": {"total": {"$gt": 10}}}`. Only known
 * commands with known fields pass, without code that the server would run and without stages that write. Throws QUERY_NOT_ALLOWED.
 */
export function parseStatement(text: string): Statement {
	const [[name, collection] = ['', undefined], ...others] = Object.entries(parse(text));
	const { fields: allowed, isWrite } = allowedFields(name);
	if (typeof collection !== 'string' || collection === '') refuse({ reason: 'notDocument' });
	if (collection.startsWith('system.')) refuse({ reason: 'systemCollection' });
	const unknown = others.find(([field]) => !allowed.includes(field));
	if (unknown) {
		const field = cutText(unknown[0], maxNameLength);
		refuse({ reason: 'unknownField', command: name, field, allowed: allowed.join(', ') });
	}
	const fields = Object.fromEntries(others);
	for (const [field, value] of others) if (field !== 'documents') assertHarmless(value, refuse);
	if (name === 'aggregate') assertPipeline(fields.pipeline, refuse);
	return { name, collection, fields, isWrite };
}
