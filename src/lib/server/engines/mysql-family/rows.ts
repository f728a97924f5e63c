import { z } from 'zod';
import type { Row } from './connections';

/** Rows in the form we rely on; another one is a fault of ours and throws. */
export function rowsAs<T>(schema: z.ZodType<T>, rows: Row[]): T[] {
	return rows.map((row) => schema.parse(row));
}

/** What a comparison answers. */
export const flag = z.coerce
	.number()
	.nullable()
	.transform((value) => value === 1);
/** A count or size of any of the driver's kinds. */
export const numeric = z.coerce.number();
