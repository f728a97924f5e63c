import { sentenceOfCode } from '$lib/i18n/error-sentences';
import { nameProblem } from '$lib/shared/database-names';

/** What is wrong with a new name while it is typed, as a sentence; the engine has the last word. Undefined when nothing is. */
export function nameSentence(name: string, taken: readonly string[], maxBytes: number): string | undefined {
	if (name === '') return undefined;
	const problem = nameProblem(name, { maxBytes });
	if (problem) return sentenceOfCode(problem.code, problem.details);
	return taken.includes(name) ? sentenceOfCode('NAME_TAKEN') : undefined;
}
