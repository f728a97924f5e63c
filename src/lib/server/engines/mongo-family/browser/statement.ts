import { BSON } from 'mongodb';
import { AppError } from '../../../errors';
import type { Command } from '../connections';
import { assertHarmless, assertPipeline } from './operators';

const maxTextLength = 100_000;

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

/** Throws QUERY_REFUSED with these words. */
export function refuse(text: string): never {
	throw new AppError('QUERY_REFUSED', { details: { text } });
}

function isDocument(value: unknown): value is Command {
	return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function parse(text: string): Command {
	if (text.length > maxTextLength) refuse(`longer than ${maxTextLength} characters`);
	let parsed: unknown;
	try {
		parsed = BSON.EJSON.parse(text, { relaxed: true });
	} catch (error) {
		refuse(error instanceof SyntaxError ? error.message : 'not valid extended JSON');
	}
	if (!isDocument(parsed)) refuse('not a document such as {"find": "orders", "filter": {}}');
	return parsed;
}

function allowedFields(name: string): { fields: string[]; isWrite: boolean } {
	const read = readCommands.get(name);
	if (read) return { fields: read, isWrite: false };
	const write = writeCommands.get(name);
	if (write) return { fields: write, isWrite: true };
	const names = [...readCommands.keys(), ...writeCommands.keys()].join(', ');
	return refuse(`the first field must be one of ${names}`);
}

/**
 * Reads one command document, in extended JSON with its name first: `{"find": "orders", "filter": {"total": {"$gt": 10}}}`. Only known
 * commands with known fields pass, without code that the server would run and without stages that write. Throws QUERY_REFUSED.
 */
export function parseStatement(text: string): Statement {
	const [[name, collection] = ['', undefined], ...others] = Object.entries(parse(text));
	const { fields: allowed, isWrite } = allowedFields(name);
	if (typeof collection !== 'string' || collection === '') refuse(`${name} takes the name of a collection`);
	if (collection.startsWith('system.')) refuse('collections of the server itself are not read here');
	const unknown = others.find(([field]) => !allowed.includes(field));
	if (unknown) refuse(`${name} has no field ${unknown[0]} here; it has ${allowed.join(', ')}`);
	const fields = Object.fromEntries(others);
	for (const [field, value] of others) if (field !== 'documents') assertHarmless(value, refuse);
	if (name === 'aggregate') assertPipeline(fields.pipeline, refuse);
	return { name, collection, fields, isWrite };
}
