import { formatNumber } from '$lib/i18n/format';
import { m } from '$lib/i18n/generated/messages';
import {
	PASSWORD_MAX_LENGTH,
	PASSWORD_MIN_LENGTH,
	passwordProblem,
	type PasswordProblem,
} from '$lib/shared/password-strength';

const sentences: Record<PasswordProblem, () => string> = {
	short: () => m.password_too_short({ min: formatNumber(PASSWORD_MIN_LENGTH) }),
	long: () => m.password_problem_long({ max: formatNumber(PASSWORD_MAX_LENGTH) }),
	email: m.password_problem_email,
	common: m.password_problem_common,
	simple: m.password_problem_simple,
};

/** The rule, said before one types. */
export function passwordRules(): string {
	return m.password_rules({ min: formatNumber(PASSWORD_MIN_LENGTH) });
}

/** Why this password may not be used by the owner of that address, as a sentence; undefined when it may. */
export function passwordSentence(password: string, email: string): string | undefined {
	const problem = passwordProblem(password, email);
	return problem === null ? undefined : sentences[problem]();
}
