import { isErrorCode, sentenceOfCode } from '$lib/i18n/errors';
import { m } from '$lib/i18n/generated/messages';
import { SERVICE_NAME_MAX, serviceNameSchema } from '$lib/shared/names';

/** What is wrong with a service's name while it is typed, as a sentence; undefined when nothing is, and for an empty field. */
export function serviceNameSentence(name: string): string | undefined {
	if (name === '') return undefined;
	if (name.length > SERVICE_NAME_MAX) return sentenceOfCode('NAME_TOO_LONG');
	const checked = serviceNameSchema.safeParse(name);
	if (checked.success) return undefined;
	const code = checked.error.issues[0]?.message;
	return isErrorCode(code) && code !== 'NAME_INVALID' ? sentenceOfCode(code) : m.service_name_rule();
}
