import type { ErrorDetails } from '$lib/shared/error-codes';
import type { QueryRefusalReason } from '$lib/shared/query-refusals';
import { textIn, type Sentence } from './errors';
import { formatBytes, formatNumber } from './format';
import { m } from './generated/messages';

const countIn = (details: ErrorDetails, key: string): string => formatNumber(Number(details[key] ?? 0));

/** Why sh0 did not run a statement, and what to do. Exhaustive: a new reason needs its sentence. */
export const queryRefusalSentences: Record<QueryRefusalReason, Sentence> = {
	notReading: (details) => m.query_refusal_not_reading({ allowed: textIn(details, 'allowed') }),
	changesData: (details) => m.query_refusal_changes_data({ command: textIn(details, 'command') }),
	wordRefused: (details) => m.query_refusal_word({ word: textIn(details, 'word') }),
	statementTooLong: (details) => m.query_refusal_statement_too_long({ max: countIn(details, 'maxLength') }),
	answerTooLarge: (details) =>
		m.query_refusal_answer_too_large({ size: formatBytes(Number(details['maxBytes'] ?? 0)) }),
	notOneCommand: () => m.query_refusal_not_one_command({ example: 'GET name' }),
	quoteOpen: () => m.query_refusal_quote_open(),
	quoteInWord: () => m.query_refusal_quote_in_word(),
	notJson: (details) =>
		typeof details['position'] === 'number'
			? m.query_refusal_not_json_at({ position: countIn(details, 'position') })
			: m.query_refusal_not_json(),
	notDocument: () => m.query_refusal_not_document({ example: '{"find": "orders", "filter": {}}' }),
	unknownCommand: (details) => m.query_refusal_unknown_command({ allowed: textIn(details, 'allowed') }),
	unknownField: (details) =>
		m.query_refusal_unknown_field({
			command: textIn(details, 'command'),
			field: textIn(details, 'field'),
			allowed: textIn(details, 'allowed'),
		}),
	systemCollection: () => m.query_refusal_system_collection(),
	otherDatabase: (details) => m.query_refusal_other_database({ field: textIn(details, 'field') }),
	tooDeep: (details) => m.query_refusal_too_deep({ max: countIn(details, 'maxDepth') }),
	keyTooLong: (details) =>
		m.query_refusal_key_too_long({ bytes: countIn(details, 'bytes'), max: countIn(details, 'maxBytes') }),
	pipelineShape: () => m.query_refusal_pipeline_shape(),
	limitNotCount: () => m.query_refusal_limit_not_count(),
	madeByHand: () => m.query_refusal_made_by_hand(),
};

/** The sentence for a refusal as an error's details hold it; null for anything else. */
export function queryRefusalSentence(details: ErrorDetails): string | null {
	const reason = textIn(details, 'reason');
	const sentence = Object.entries(queryRefusalSentences).find(([known]) => known === reason)?.[1];
	return sentence?.(details) ?? null;
}
