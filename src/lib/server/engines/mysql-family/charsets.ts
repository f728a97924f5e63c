import { z } from 'zod';
import { AppError } from '../../errors';
import type { Connections } from './connections';
import { flag, rowsAs } from './rows';

export type Charset = { encoding: string; collations: string[] };

const charsetRow = z.object({ encoding: z.string(), collation: z.string(), isDefault: flag });

function defaultFirst<T>(items: T[], isDefault: (item: T) => boolean): T[] {
	return [...items.filter(isDefault), ...items.filter((item) => !isDefault(item))];
}

/** Character sets and their collations, in each case the default first, then by name. */
export async function listCharsets(connections: Connections): Promise<Charset[]> {
	const { charsetsSql, defaultCharset } = connections.dialect;
	const byEncoding = new Map<string, { collation: string; isDefault: boolean }[]>();
	for (const { encoding, ...row } of rowsAs(charsetRow, await connections.query(charsetsSql))) {
		byEncoding.set(encoding, [...(byEncoding.get(encoding) ?? []), row]);
	}
	const charsets = [...byEncoding].map(([encoding, rows]) => ({
		encoding,
		collations: defaultFirst(rows, (row) =>
			encoding === defaultCharset.encoding ? row.collation === defaultCharset.collation : row.isDefault,
		).map((row) => row.collation),
	}));
	return defaultFirst(charsets, (one) => one.encoding === defaultCharset.encoding);
}

/** The character set and collation for a new database; what is not asked for is the default. Throws CHARSET_UNKNOWN. */
export async function chooseCharset(
	connections: Connections,
	{
		encoding = null,
		collation = null,
	}: { encoding?: string | null | undefined; collation?: string | null | undefined },
): Promise<{ encoding: string; collation: string }> {
	const { defaultCharset } = connections.dialect;
	if (encoding === null && collation === null) return defaultCharset;
	const charsets = await listCharsets(connections);
	const charset = charsets.find((one) =>
		encoding === null ? one.collations.includes(collation ?? '') : one.encoding === encoding,
	);
	const chosen =
		collation === null ? charset?.collations[0] : charset?.collations.find((one) => one === collation);
	if (!charset || chosen === undefined) {
		throw new AppError('CHARSET_UNKNOWN', { details: { encoding, collation } });
	}
	return { encoding: charset.encoding, collation: chosen };
}
