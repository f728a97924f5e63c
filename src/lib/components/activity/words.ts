import type { Status } from '$lib/components/ui/StatusBadge.svelte';
import { m } from '$lib/i18n/generated/messages';
import type { RouterOutputs } from '$lib/trpc/client';
import type { ActivityOutcome } from './filters';

export type ActivityEntry = RouterOutputs['activity']['list']['entries'][number];
export type Chain = RouterOutputs['activity']['list']['chain'];

export const outcomeLabels: Record<ActivityOutcome, () => string> = {
	succeeded: m.activity_outcome_succeeded,
	failed: m.activity_outcome_failed,
	denied: m.activity_outcome_denied,
	interrupted: m.activity_outcome_interrupted,
	pending: m.activity_outcome_pending,
};

export const outcomeStatus: Record<ActivityOutcome, Status> = {
	succeeded: 'running',
	failed: 'failed',
	denied: 'attention',
	interrupted: 'attention',
	pending: 'working',
};

export const outcomeOf = (entry: ActivityEntry): ActivityOutcome => entry.outcome ?? 'pending';

/** Who did it: a person by e-mail, a token by its name, the rest in words. */
export function actorName({ kind, label }: ActivityEntry['actor']): string {
	switch (kind) {
		case 'user':
		case 'token':
			return label;
		case 'system':
			return m.activity_actor_system();
		case 'cli':
			return m.activity_actor_cli();
		case 'anonymous':
			return m.activity_actor_anonymous();
	}
}
