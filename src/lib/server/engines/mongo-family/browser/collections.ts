import { z } from 'zod';
import type { CollectionInfo } from '../../engine';
import { pageOf, type PageRequest } from '../../page';
import type { Session } from '../connections';
import { allAs, numeric } from '../replies';

const listedSchema = z.object({ name: z.string(), type: z.string().optional() });
export type Listed = z.infer<typeof listedSchema>;

/** Collections, time series and views, the server's own left out. */
export async function listCollections({ cursor }: Session, database: string): Promise<Listed[]> {
	const all = await allAs(listedSchema, cursor(database, { listCollections: 1, cursor: {} }));
	return all.filter((one) => !one.name.startsWith('system.'));
}

const statsSchema = z.object({
	storageStats: z.object({ count: numeric.optional(), totalSize: numeric.optional() }),
});

/** An estimate by the server's own books, which counts no document. */
async function statsOf(
	{ cursor }: Session,
	database: string,
	{ name, type }: Listed,
): Promise<Pick<CollectionInfo, 'rows' | 'sizeBytes'>> {
	if (type === 'view') return { rows: null, sizeBytes: null };
	const pipeline = [{ $collStats: { storageStats: {} } }];
	const [stats] = await allAs(statsSchema, cursor(database, { aggregate: name, pipeline, cursor: {} }));
	return { rows: stats?.storageStats.count ?? null, sizeBytes: stats?.storageStats.totalSize ?? null };
}

/** One page, by name; only its collections are measured. */
export async function collectionsPage(
	session: Session,
	request: { database: string } & PageRequest,
): Promise<{ items: CollectionInfo[]; nextCursor: string | null; total: number | null }> {
	const page = pageOf(await listCollections(session, request.database), request);
	const items: CollectionInfo[] = [];
	for (const listed of page.items) {
		items.push({
			id: listed.name,
			name: listed.name,
			namespace: null,
			kind: listed.type === 'view' ? 'view' : 'collection',
			type: null,
			...(await statsOf(session, request.database, listed)),
		});
	}
	return { ...page, items };
}
