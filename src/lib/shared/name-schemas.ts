import { z } from 'zod';
import {
	hasControlCharacter,
	isWellFormed,
	MAX_NAME_BYTES,
	MAX_PASSWORD_LENGTH,
	MIN_PASSWORD_LENGTH,
	nameProblem,
} from './database-names';
import type { ErrorCode } from './error-codes';
import { serviceNameProblem } from './names';

/** A service's name as a procedure takes it. */
export const serviceNameSchema = z.string().superRefine((name, context) => {
	const problem = serviceNameProblem(name);
	if (problem) context.addIssue({ code: 'custom', message: problem });
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
	} else if (
		password.length > MAX_PASSWORD_LENGTH ||
		!isWellFormed(password) ||
		hasControlCharacter(password)
	) {
		context.addIssue({ code: 'custom', message: 'PASSWORD_UNUSABLE' satisfies ErrorCode });
	}
});

/** The id of an upload in parts, which its engine has given it. */
export const uploadIdSchema = z
	.string()
	.min(1)
	.max(1_024)
	.regex(/^[\x21-\x7e]+$/);
