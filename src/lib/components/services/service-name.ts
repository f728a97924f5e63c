import { sentenceOfCode } from '$lib/i18n/error-sentences';
import { formatNumber } from '$lib/i18n/format';
import { m } from '$lib/i18n/generated/messages';
import { SERVICE_NAME_MAX, serviceNameProblem } from '$lib/shared/names';

/** What is wrong with a service's name while it is typed, as a sentence; undefined when nothing is, and for an empty field. */
export function serviceNameSentence(name: string): string | undefined {
	if (name === '') return undefined;
	if (name.length > SERVICE_NAME_MAX) return m.service_name_too_long({ max: formatNumber(SERVICE_NAME_MAX) });
	const problem = serviceNameProblem(name);
	if (problem === null) return undefined;
	return problem === 'NAME_INVALID' ? m.service_name_rule() : sentenceOfCode(problem);
}
