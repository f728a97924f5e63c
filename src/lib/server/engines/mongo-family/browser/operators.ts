import type { QueryRefusal } from '$lib/shared/query-refusals';
import { cutText } from '../../cells';

/** Called with the reason; does not return. */
type Refuse = (refusal: QueryRefusal) => never;

/** A stage's name in an answer. */
const maxNameLength = 100;
/** As deep as the server takes documents. */
const maxDepth = 100;

/** Run code inside the server, or write. */
const forbiddenOperators = new Set(['$where', '$function', '$accumulator', '$out', '$merge']);

/** Stages that read the collection's own database and nothing else. */
const allowedStages = new Set([
	'$addFields',
	'$bucket',
	'$bucketAuto',
	'$count',
	'$densify',
	'$facet',
	'$fill',
	'$geoNear',
	'$graphLookup',
	'$group',
	'$limit',
	'$lookup',
	'$match',
	'$project',
	'$redact',
	'$replaceRoot',
	'$replaceWith',
	'$sample',
	'$set',
	'$setWindowFields',
	'$skip',
	'$sort',
	'$sortByCount',
	'$unionWith',
	'$unset',
	'$unwind',
]);

function isObject(value: unknown): value is Record<string, unknown> {
	return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isCode(value: Record<string, unknown>): boolean {
	return value._bsontype === 'Code';
}

/** Refuses a value with a forbidden operator, or code, anywhere in it. */
export function assertHarmless(value: unknown, refuse: Refuse, depth = 0): void {
	if (depth > maxDepth) refuse({ reason: 'tooDeep', maxDepth });
	if (Array.isArray(value)) {
		for (const inner of value) assertHarmless(inner, refuse, depth + 1);
		return;
	}
	if (!isObject(value)) return;
	if (isCode(value)) refuse({ reason: 'wordRefused', word: '$code' });
	for (const [key, inner] of Object.entries(value)) {
		if (forbiddenOperators.has(key)) refuse({ reason: 'wordRefused', word: key });
		assertHarmless(inner, refuse, depth + 1);
	}
}

/** Refuses a stage that is not on the list, in pipelines inside of stages too. */
export function assertPipeline(pipeline: unknown, refuse: Refuse): void {
	if (!Array.isArray(pipeline)) refuse({ reason: 'pipelineShape' });
	for (const stage of pipeline) assertStage(stage, refuse);
}

function assertStage(stage: unknown, refuse: Refuse): void {
	const [[name, value] = ['', undefined], ...more] = isObject(stage) ? Object.entries(stage) : [];
	if (name === '' || more.length > 0) refuse({ reason: 'pipelineShape' });
	if (!allowedStages.has(name)) refuse({ reason: 'wordRefused', word: cutText(name, maxNameLength) });
	switch (name) {
		case '$facet':
			for (const inner of isObject(value) ? Object.values(value) : []) assertPipeline(inner, refuse);
			return;
		case '$lookup':
		case '$graphLookup':
			if (isObject(value)) assertJoin(value, 'from', refuse);
			return;
		case '$unionWith':
			if (isObject(value)) assertJoin(value, 'coll', refuse);
			return;
		default:
	}
}

/** The other collection lies in the same database: a name alone says so. */
function assertJoin(join: Record<string, unknown>, field: string, refuse: Refuse): void {
	const other = join[field];
	const isOutside = 'db' in join || (other !== undefined && typeof other !== 'string');
	if (isOutside) refuse({ reason: 'otherDatabase', field });
	if (typeof other === 'string' && other.startsWith('system.')) {
		refuse({ reason: 'systemCollection' });
	}
	if (join.pipeline !== undefined) assertPipeline(join.pipeline, refuse);
}
