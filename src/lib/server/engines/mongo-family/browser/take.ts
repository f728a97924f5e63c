import { BSON } from 'mongodb';
import type { Reply } from '../connections';

/** Documents have 16 MB at most each; so many bytes of them are held at a time. */
const maxBytes = 8 * 1024 * 1024;

/**
 * The first documents of a cursor, fewer than `limit` when they are large, but one at least. `isCut` when there are more. The cursor
 * is closed.
 */
export async function take(
	cursor: AsyncIterable<Reply>,
	limit: number,
): Promise<{ documents: Reply[]; isCut: boolean }> {
	const documents: Reply[] = [];
	let bytes = 0;
	for await (const document of cursor) {
		if (documents.length >= limit || bytes >= maxBytes) return { documents, isCut: true };
		documents.push(document);
		bytes += BSON.calculateObjectSize(document);
	}
	return { documents, isCut: false };
}
