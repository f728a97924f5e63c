import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Database } from '../../db/client';
import { secretForms } from '../../secret-forms';
import { Search } from './search';

/** Everything secret that was made in a run, by what it is. */
export type Secrets = Map<string, string>;

/** A text in which no secret may stand. */
export type Sink = { name: string; text: string };

/** The texts of all sinks whose name begins so, to see that what was searched is what was meant. */
export function textOf(sinks: readonly Sink[], beginning: string): string {
	return sinks
		.filter(({ name }) => name.startsWith(beginning))
		.map(({ text }) => text)
		.join('\n');
}

/** Where a secret stands in a text, in whatever form. */
export function leaksIn(text: string, secrets: Secrets): string[] {
	return findLeaks([{ name: '', text }], secrets).map(({ secret }) => secret);
}

/** Which secrets stand in which texts, in whatever form. */
export function findLeaks(sinks: readonly Sink[], secrets: Secrets): { secret: string; sink: string }[] {
	const needles = [...secrets].flatMap(([secret, value]) =>
		secretForms(value).map((text) => ({ text, meaning: secret })),
	);
	const search = new Search(needles);
	const order = [...secrets.keys()];
	return sinks.flatMap(({ name, text }) => {
		const found = search.in(text);
		return order.filter((secret) => found.has(secret)).map((secret) => ({ secret, sink: name }));
	});
}

/** Every file under a folder, as bytes that can be searched as text. */
export function filesUnder(folder: string): Sink[] {
	return readdirSync(folder, { recursive: true, withFileTypes: true })
		.filter((entry) => entry.isFile())
		.map((entry) => join(entry.parentPath, entry.name))
		.map((name) => ({ name, text: readFileSync(name, 'latin1') }));
}

/** The HTML and the data of every page, as this cookie's owner gets them. Throws for a page that is not answered. */
export async function pagesOf(url: string, cookie: string, paths: readonly string[]): Promise<Sink[]> {
	const answers: Sink[] = [];
	for (const path of paths) {
		for (const name of [path, `${path.replace(/\/$/, '')}/__data.json`]) {
			const response = await fetch(`${url}${name}`, { headers: { cookie } });
			if (response.status !== 200) throw new Error(`${name} was answered ${response.status}`);
			answers.push({ name, text: await response.text() });
		}
	}
	return answers;
}

const tableRows = z.array(z.object({ name: z.string() }));

/** Every row of every table, all columns: a text in a file of SQLite may be parted by the pages it lies on. */
export function rowsOf({ db }: Database): Sink[] {
	const tables = tableRows.parse(db.all(sql`SELECT name FROM sqlite_master WHERE type = 'table'`));
	return tables.map(({ name }) => {
		const rows = db.all(sql`SELECT * FROM ${sql.identifier(name)}`);
		return { name: `table ${name}`, text: JSON.stringify(rows, bytesAsText) };
	});
}

/** What a byte column holds, as it would stand in a text. */
function bytesAsText(_key: string, value: unknown): unknown {
	const bytes = z.object({ type: z.literal('Buffer'), data: z.array(z.number()) }).safeParse(value);
	return bytes.success ? Buffer.from(bytes.data.data).toString('latin1') : value;
}
