import { sentenceOfCode } from '$lib/i18n/error-sentences';
import { m } from '$lib/i18n/generated/messages';
import { isCancelled } from '$lib/shared/operations';
import type { Operation } from '$lib/state/operations.svelte';

type Failure = {
	tone: 'info' | 'warning' | 'danger';
	title: string;
	reason: string | undefined;
	/** What is left of what it did. */
	rest: string;
};

/** What people read of an operation that ended without success. */
export function failureOf(
	operation: Pick<Operation, 'status' | 'errorCode' | 'errorDetails' | 'steps'>,
): Failure {
	const { status, errorCode, errorDetails, steps } = operation;
	const reason = errorCode ? sentenceOfCode(errorCode, errorDetails ?? {}) : undefined;
	const isUndone = status === 'undone';
	if (isCancelled(operation))
		return {
			...{ tone: isUndone ? 'info' : 'warning', title: m.operation_cancelled(), reason },
			rest: isUndone ? m.operation_cancelled_undone() : m.operation_cancelled_failed(),
		};
	const hasCleaned = steps.some((step) => step.status === 'undone');
	const undone = hasCleaned ? m.operation_cleaned_up() : m.operation_nothing_left();
	const rest = isUndone ? undone : m.operation_left_as_is();
	return { tone: 'danger', title: m.operation_failed(), reason, rest };
}
