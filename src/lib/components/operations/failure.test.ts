import { expect, it } from 'vitest';
import { m } from '$lib/i18n/generated/messages';
import { failureOf } from './failure';

const step = (status: 'done' | 'undone' | 'failed') => ({
	...{ key: 'keep' as const, status, progress: null, startedAt: null, finishedAt: null },
});
const ended = (
	status: 'undone' | 'failed',
	errorCode: 'OPERATION_CANCELLED' | 'INTERNAL',
	steps = [step('done')],
) => failureOf({ status, errorCode, errorDetails: null, steps });

it('calls what a person cancelled no failure', () => {
	expect(ended('undone', 'OPERATION_CANCELLED')).toEqual({
		...{ tone: 'info', title: m.operation_cancelled() },
		...{ reason: m.error_operation_cancelled(), rest: m.operation_cancelled_undone() },
	});
});

it('says that all is as before only when it was taken back', () => {
	const { tone, reason, rest } = ended('failed', 'OPERATION_CANCELLED', [step('undone'), step('failed')]);
	expect(tone).toBe('warning');
	expect(rest).toBe(m.operation_cancelled_failed());
	expect(`${reason} ${rest}`).not.toContain(m.operation_cancelled_undone());
});

it.each([
	['nothing was made', [step('failed')], m.operation_nothing_left()],
	['what was made is gone', [step('undone'), step('failed')], m.operation_cleaned_up()],
])('tells of a failure that %s', (_what, steps, rest) => {
	expect(ended('undone', 'INTERNAL', steps)).toMatchObject({
		...{ tone: 'danger', title: m.operation_failed(), rest },
	});
});

it('tells of a failure that what was done stays', () => {
	expect(ended('failed', 'INTERNAL')).toMatchObject({ tone: 'danger', rest: m.operation_left_as_is() });
});
