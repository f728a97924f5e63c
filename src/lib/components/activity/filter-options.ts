import type { Option } from '$lib/components/ui/option';
import { compareText } from '$lib/i18n/format';
import { m } from '$lib/i18n/generated/messages';
import { actionSentence, instanceActions, projectActions } from './action-sentences';
import { outcomes, type ActivityOutcome, type Filters } from './filters';
import { outcomeLabels } from './words';

/** What the address asks for is always among the choices, even when it is nobody and nothing known. */
function withAsked(options: Option[], asked: string, label: string): Option[] {
	const isKnown = asked === '' || options.some(({ value }) => value === asked);
	return isKnown ? options : [...options, { value: asked, label }];
}

/** Who else is found beyond projects, by a part of the label that stands on record. */
const strangers = (): Option[] => [
	{ value: 'anonymous', label: m.activity_actor_anonymous() },
	{ value: '(command line)', label: m.activity_actor_cli() },
];

/** Everybody, and each member by e-mail. */
export function actorOptions(members: readonly { email: string }[], { of, actor }: Filters): Option[] {
	const people = members.map(({ email }) => ({ value: email, label: email }));
	const all = { value: '', label: m.activity_filter_actor_all() };
	return withAsked([all, ...people, ...(of === 'instance' ? strangers() : [])], actor, actor);
}

/** Every action by its sentence, in alphabetical order. */
export function actionOptions({ of, action: asked }: Filters): Option[] {
	const actions = (of === 'instance' ? instanceActions : projectActions)
		.map((action) => ({ value: action, label: actionSentence(action) }))
		.sort((a, b) => compareText(a.label, b.label));
	const all = { value: '', label: m.activity_filter_action_all() };
	return withAsked([all, ...actions], asked, actionSentence(asked));
}

export function outcomeOptions(): Option<ActivityOutcome | ''>[] {
	const named = outcomes.map((outcome) => ({ value: outcome, label: outcomeLabels[outcome]() }));
	return [{ value: '', label: m.activity_filter_outcome_all() }, ...named];
}
