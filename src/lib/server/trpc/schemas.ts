import { z } from 'zod';
import { isWellFormed } from '$lib/shared/database-names';
import { idSchema } from '$lib/shared/ids';

/** What procedures of more than one feature take and answer. */

export const serviceId = idSchema('service');

/** The answer of a mutation that has nothing to tell. */
export const done = z.strictObject({});

/** What every engine can be asked: NUL ends a text in some protocols; a lone surrogate has no UTF-8. */
export const isSendable = (text: string) => !text.includes('\0') && isWellFormed(text);

/** Part of a name. */
export const search = z.string().max(255).refine(isSendable);
/** Where the page before ended, which never is nowhere. */
export const cursor = z.string().min(1).max(1_000).refine(isSendable);
export const limit = z.number().int().min(1).max(200);

/** A page of what a service holds, by name. */
export const pageInput = z.strictObject({
	serviceId,
	search: search.optional(),
	cursor: cursor.optional(),
	limit: limit.optional(),
});

export function pageOutput<T extends z.ZodType>(item: T) {
	return z.strictObject({ items: z.array(item), nextCursor: z.string().nullable(), total: z.number() });
}
