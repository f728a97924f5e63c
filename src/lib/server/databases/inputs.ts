import { z } from 'zod';
import { hasControlCharacter, isWellFormed } from '$lib/shared/database-names';
import type { ErrorCode } from '$lib/shared/error-codes';
import { isSendable } from '../trpc/schemas';

/** The longest statement that can be typed. */
const MAX_QUERY_LENGTH = 20_000;

/** No engine takes these apart rightly; what else is wrong with a rule the engine itself says. */
function rule(maxLength: number) {
	return z.string().superRefine((text, context) => {
		if (text !== '' && text.length <= maxLength && isWellFormed(text) && !hasControlCharacter(text)) return;
		context.addIssue({
			code: 'custom',
			message: 'ACCESS_INVALID' satisfies ErrorCode,
			params: { rule: text.slice(0, 100) },
		});
	});
}

const pattern = rule(500);

export const accessInput = z.strictObject({
	keyPatterns: z.array(pattern).max(100),
	channelPatterns: z.array(pattern).max(100),
	commands: z.array(rule(100)).max(300),
});

/** An address, an address with a mask or wildcard, or a host name. */
export const hostInput = z
	.string()
	.regex(/^[0-9A-Za-z.:%_/-]{1,255}$/, { message: 'NAME_INVALID' satisfies ErrorCode });

/** Name of a character set or collation. */
export const charsetInput = z
	.string()
	.regex(/^[0-9A-Za-z._@-]{1,64}$/, { message: 'CHARSET_UNKNOWN' satisfies ErrorCode });

/** Whatever an engine gave as a session's or collection's id. */
export const engineId = z.string().min(1).max(1_000);

export const queryText = z.string().min(1).max(MAX_QUERY_LENGTH).refine(isSendable);
