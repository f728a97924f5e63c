import type { z } from 'zod';
import type { Row } from './connections';

/** Rows in the form we rely on; another one is a fault of ours and throws. */
export function rowsAs<T>(schema: z.ZodType<T>, rows: Row[]): T[] {
	return rows.map((row) => schema.parse(row));
}
