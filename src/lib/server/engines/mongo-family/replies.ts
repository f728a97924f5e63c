import { z } from 'zod';
import type { Reply } from './connections';

/** A number however the driver gives it: a 64-bit integer beyond 53 bits comes as an object. */
export const numeric = z.coerce.number();

/** A reply in the form we rely on; another one is a fault of ours and throws. */
export function replyAs<T>(schema: z.ZodType<T>, reply: Reply): T {
	return schema.parse(reply);
}

/** Everything a cursor gives, in that form. */
export async function allAs<T>(schema: z.ZodType<T>, cursor: AsyncIterable<Reply>): Promise<T[]> {
	const all: T[] = [];
	for await (const document of cursor) all.push(schema.parse(document));
	return all;
}
