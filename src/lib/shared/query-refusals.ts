/**
 * Why sh0 itself does not run what was typed, before an engine sees it or because of what the engine would have to send back. Each
 * has a sentence in every language (`$lib/i18n/query-refusals.ts`); a refusal in the engine's own words is another code.
 */
export type QueryRefusal =
	/** While nothing may be changed, a statement must begin with one of these words. */
	| { reason: 'notReading'; allowed: string }
	| { reason: 'changesData'; command: string }
	/** A command, operator or stage that reaches further than this database, runs on, or makes no sense in a text box. */
	| { reason: 'wordRefused'; word: string }
	| { reason: 'statementTooLong'; maxLength: number }
	| { reason: 'answerTooLarge'; maxBytes: number }
	| { reason: 'notOneCommand' }
	| { reason: 'quoteOpen' }
	| { reason: 'quoteInWord' }
	/** `position`: of the first character that is wrong, from 1; null where it is not known. */
	| { reason: 'notJson'; position: number | null }
	| { reason: 'notDocument' }
	/** The document must begin with one of these. */
	| { reason: 'unknownCommand'; allowed: string }
	| { reason: 'unknownField'; command: string; field: string; allowed: string }
	| { reason: 'systemCollection' }
	/** The field must name a collection of the same database. */
	| { reason: 'otherDatabase'; field: string }
	| { reason: 'tooDeep'; maxDepth: number }
	/** A key whose name is too long to be sent back by the page that shows it. */
	| { reason: 'keyTooLong'; bytes: number; maxBytes: number }
	| { reason: 'pipelineShape' }
	| { reason: 'limitNotCount' }
	/** Made outside of sh0: nobody has a level on it yet, so there are no rights to look with. */
	| { reason: 'madeByHand' };
export type QueryRefusalReason = QueryRefusal['reason'];
