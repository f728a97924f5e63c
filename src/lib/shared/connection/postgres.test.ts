import { describe, expect, it } from 'vitest';
import { connectionText } from './index';
import { postgresConnectionText } from './postgres';

const hostile = {
	host: '127.0.0.1',
	port: 5433,
	user: `o'neil"@:/?#[]`,
	password: `p'a"s\\s$w&r%d #`,
	database: `my db/ü;'x`,
};
const plain = { host: 'db.internal', port: 5432, user: 'app', password: 'abc123', database: 'shop' };

function snippet(facts: Parameters<typeof postgresConnectionText>[0], language: string): string {
	return postgresConnectionText(facts).snippets.find((one) => one.language === language)?.code ?? '';
}

describe('postgresConnectionText', () => {
	it('has a URI that any parser takes apart again', () => {
		const url = new URL(postgresConnectionText(hostile).uri);
		expect(decodeURIComponent(url.username)).toBe(hostile.user);
		expect(decodeURIComponent(url.password)).toBe(hostile.password);
		expect(decodeURIComponent(url.pathname)).toBe(`/${hostile.database}`);
		expect([url.hostname, url.port, url.search, url.hash]).toEqual(['127.0.0.1', '5433', '', '']);
		expect(new URL(postgresConnectionText({ ...plain, host: '::1' }).uri).hostname).toBe('[::1]');
	});

	it('is easy to read where nothing is hostile', () => {
		const text = postgresConnectionText(plain);
		expect(text.uri).toBe('postgresql://app:abc123@db.internal:5432/shop');
		expect(text.env.split('\n')).toEqual([
			'DATABASE_URL=postgresql://app:abc123@db.internal:5432/shop',
			'PGHOST=db.internal',
			'PGPORT=5432',
			'PGUSER=app',
			'PGPASSWORD=abc123',
			'PGDATABASE=shop',
		]);
		expect(snippet(plain, 'laravel')).toContain('DB_DATABASE=shop\nDB_USERNAME=app\nDB_PASSWORD=abc123');
	});

	it('never puts the password among the arguments of psql, and lets it ask without one', () => {
		expect(postgresConnectionText(plain).command).toBe(
			`PGPASSWORD='abc123' psql 'postgresql://app@db.internal:5432/shop'`,
		);
		expect(postgresConnectionText({ ...plain, password: null }).command).toBe(
			`psql 'postgresql://app@db.internal:5432/shop'`,
		);
	});

	it('shows a place-holder without a password, and the default database without one', () => {
		const text = postgresConnectionText({ ...plain, password: null, database: null });
		expect(text.uri).toBe('postgresql://app:PASSWORD@db.internal:5432/postgres');
		expect(text.snippets.every(({ code }) => code.includes('PASSWORD'))).toBe(true);
	});

	it('keeps a database name with a semicolon out of a PHP DSN, which PDO would split there', () => {
		const code = snippet(hostile, 'php');
		expect(code).toContain(`putenv('PGDATABASE=my db/ü;\\'x');`);
		expect(code).not.toContain('dbname');
		expect(snippet({ ...plain, database: `it's` }, 'php')).toContain(`dbname=\\'it\\\\\\'s\\'`);
	});

	it('is null for an engine that has no such text', () => {
		expect(connectionText('postgres', plain)?.uri).toBe(postgresConnectionText(plain).uri);
		expect(connectionText('nothing', plain)).toBeNull();
		expect(connectionText('constructor', plain)).toBeNull();
	});
});
