import type { GrantLevel } from '$lib/shared/services';

/** Rights on a database: the column of `mysql.db` without `_priv`, and the word of GRANT. */
const words = {
	Select: 'SELECT',
	Insert: 'INSERT',
	Update: 'UPDATE',
	Delete: 'DELETE',
	Create: 'CREATE',
	Drop: 'DROP',
	References: 'REFERENCES',
	Index: 'INDEX',
	Alter: 'ALTER',
	Create_tmp_table: 'CREATE TEMPORARY TABLES',
	Lock_tables: 'LOCK TABLES',
	Create_view: 'CREATE VIEW',
	Show_view: 'SHOW VIEW',
	Create_routine: 'CREATE ROUTINE',
	Alter_routine: 'ALTER ROUTINE',
	Execute: 'EXECUTE',
	Event: 'EVENT',
	Trigger: 'TRIGGER',
} as const;

/** Those that only some versions of MariaDB have. */
const laterWords = {
	Delete_history: 'DELETE HISTORY',
	Show_create_routine: 'SHOW CREATE ROUTINE',
} as const;

/** The right to pass on one's rights, which no level has. */
const GRANT_OPTION = 'GRANT OPTION';

const wordByColumn = new Map<string, string>([
	...Object.entries({ ...words, ...laterWords }),
	['Grant', GRANT_OPTION],
]);

/** The columns of data that an account may also have on every database. */
export const globalColumns = Object.keys(words);

/** What each level is granted. `owner` has ALL PRIVILEGES, which never covers passing rights on. */
const levelWords: Record<Exclude<GrantLevel, 'none' | 'owner'>, readonly string[]> = {
	read: [words.Select, words.Show_view],
	write: [
		words.Select,
		words.Insert,
		words.Update,
		words.Delete,
		words.Create_tmp_table,
		words.Execute,
		words.Lock_tables,
		words.Show_view,
	],
};

/** What rights must at least hold to be called by a level: what counts for the data, so that grants made by hand are shown too. */
const essentials: [level: GrantLevel, words: readonly string[]][] = [
	['owner', Object.values(words)],
	['write', [words.Select, words.Insert, words.Update, words.Delete]],
	['read', [words.Select]],
];

/** The rights that a row of `mysql.db`, or of `mysql.user`, holds. */
export function rightsIn(row: Record<string, unknown>): string[] {
	return Object.entries(row).flatMap(([column, value]) => {
		const word = wordByColumn.get(column.replace(/_priv$/, ''));
		return word !== undefined && column.endsWith('_priv') && value === 'Y' ? [word] : [];
	});
}

/** The level nearest to these rights that does not claim more than they are. */
export function levelOf(rights: readonly string[]): GrantLevel {
	const held = new Set(rights);
	return essentials.find(([, needed]) => needed.every((word) => held.has(word)))?.[0] ?? 'none';
}

/** The words after GRANT for a level. */
export function grantWords(level: Exclude<GrantLevel, 'none'>): string {
	return level === 'owner' ? 'ALL PRIVILEGES' : levelWords[level].join(', ');
}

/** The rights that a level does not have. */
export function excessRights(rights: readonly string[], level: GrantLevel): string[] {
	if (level === 'owner') return rights.filter((word) => word === GRANT_OPTION);
	const kept = level === 'none' ? [] : levelWords[level];
	return rights.filter((word) => !kept.includes(word));
}
