import type { Option } from '$lib/components/ui/option';
import { compareText } from '$lib/i18n/format';
import { m } from '$lib/i18n/generated/messages';
import { actionSentence, projectActions } from './action-sentences';
import { outcomes, type ActivityOutcome } from './filters';
import { outcomeLabels } from './words';

/** What the address asks for is always among the choices, even when it is nobody and nothing known. */
function withAsked(options: Option[], asked: string, label: string): Option[] {
	const isKnown = asked === '' || options.some(({ value }) => value === asked);
	return isKnown ? options : [...options, { value: asked, label }];
}

/** Everybody, and each member by e-mail. */
export function actorOptions(members: readonly { email: string }[], asked: string): Option[] {
	const people = members.map(({ email }) => ({ value: email, label: email }));
	return withAsked([{ value: '', label: m.activity_filter_actor_all() }, ...people], asked, asked);
}

/** Every action by its sentence, in alphabetical order. */
export function actionOptions(asked: string): Option[] {
	const actions = projectActions
		.map((action) => ({ value: action, label: actionSentence(action) }))
		.sort((a, b) => compareText(a.label, b.label));
	const all = { value: '', label: m.activity_filter_action_all() };
	return withAsked([all, ...actions], asked, actionSentence(asked));
}

export function outcomeOptions(): Option<ActivityOutcome | ''>[] {
	const named = outcomes.map((outcome) => ({ value: outcome, label: outcomeLabels[outcome]() }));
	return [{ value: '', label: m.activity_filter_outcome_all() }, ...named];
}
