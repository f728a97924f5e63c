import { z } from 'zod';
import { MAX_NAME_BYTES, MIN_PASSWORD_LENGTH, nameProblem, unusablePassword } from './database-names';
import type { ErrorCode } from './error-codes';
import { serviceNameProblem, serviceNameReason } from './names';

/** A service's name as a procedure takes it. */
export const serviceNameSchema = z.string().superRefine((name, context) => {
	const problem = serviceNameProblem(name);
	const reason = serviceNameReason(name);
	if (problem)
		context.addIssue({ code: 'custom', message: problem, params: reason === null ? {} : { reason } });
});

/** A database's or database user's name as a procedure takes it; its engine then applies its own, stricter rule. */
export const databaseNameSchema = z.string().superRefine((name, context) => {
	const problem = nameProblem(name, { maxBytes: MAX_NAME_BYTES });
	if (problem) context.addIssue({ code: 'custom', message: problem.code, params: problem.details });
});

/** A password a person chose for a database user; the engine then refuses what its protocol cannot carry. */
export const databasePasswordSchema = z.string().superRefine((password, context) => {
	if (password.length < MIN_PASSWORD_LENGTH) {
		context.addIssue({
			code: 'custom',
			message: 'PASSWORD_TOO_WEAK' satisfies ErrorCode,
			params: { minLength: MIN_PASSWORD_LENGTH },
		});
	} else {
		const params = unusablePassword(password);
		if (params)
			context.addIssue({ code: 'custom', message: 'PASSWORD_UNUSABLE' satisfies ErrorCode, params });
	}
});

/** The id of an upload in parts, which its engine has given it. */
export const uploadIdSchema = z
	.string()
	.min(1)
	.max(1_024)
	.regex(/^[\x21-\x7e]+$/);
