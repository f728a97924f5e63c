import { describe, expect, it } from 'vitest';
import { connectionText } from './index';
import { mariadbConnectionText, mysqlConnectionText } from './mysql';
import type { ConnectionFacts } from './text';

const hostile = {
	host: '127.0.0.1',
	port: 3307,
	user: `o$neil:/?#[] ;@10.%`,
	password: `p'a"s\\s$w&r%d #`,
	database: 'my db/ü;\'x`y"z\\',
};
const plain = { host: 'db.internal', port: 3306, user: 'app', password: 'abc123', database: 'shop' };

function snippet(facts: ConnectionFacts, language: string): string {
	return mysqlConnectionText(facts).snippets.find((one) => one.language === language)?.code ?? '';
}

describe('mysqlConnectionText', () => {
	it('has a URI that any parser takes apart again, without the address of the account', () => {
		const url = new URL(mysqlConnectionText(hostile).uri);
		expect(decodeURIComponent(url.username)).toBe('o$neil:/?#[] ;');
		expect(decodeURIComponent(url.password)).toBe(hostile.password);
		expect(decodeURIComponent(url.pathname)).toBe(`/${hostile.database}`);
		expect([url.hostname, url.port, url.search, url.hash]).toEqual(['127.0.0.1', '3307', '', '']);
		expect(new URL(mysqlConnectionText({ ...plain, host: '::1' }).uri).hostname).toBe('[::1]');
	});

	it('is easy to read where nothing is hostile', () => {
		const text = mysqlConnectionText(plain);
		expect(text.uri).toBe('mysql://app:abc123@db.internal:3306/shop');
		expect(text.env.split('\n')).toEqual([
			'DATABASE_URL=mysql://app:abc123@db.internal:3306/shop',
			'MYSQL_HOST=db.internal',
			'MYSQL_PORT=3306',
			'MYSQL_USER=app',
			'MYSQL_PASSWORD=abc123',
			'MYSQL_DATABASE=shop',
		]);
		expect(snippet(plain, 'laravel')).toContain('DB_CONNECTION=mysql\nDB_HOST=db.internal');
		expect(snippet(plain, 'laravel')).toContain('DB_DATABASE=shop\nDB_USERNAME=app\nDB_PASSWORD=abc123');
		expect(snippet(plain, 'php')).toContain(`'mysql:host=db.internal;port=3306;charset=utf8mb4;dbname=shop'`);
	});

	it('never puts the password among the arguments, and lets the program ask without one', () => {
		const words = `--protocol=TCP --host='db.internal' --port=3306 --user='app' --database='shop'`;
		expect(mysqlConnectionText(plain).command).toBe(`MYSQL_PWD='abc123' mysql ${words}`);
		expect(mysqlConnectionText({ ...plain, password: null }).command).toBe(`mysql ${words} --password`);
		expect(mysqlConnectionText(hostile).command).toContain(`MYSQL_PWD='p'\\''a"s\\s$w&r%d #' mysql `);
		expect(mysqlConnectionText(hostile).command).toContain(`--user='o$neil:/?#[] ;'`);
	});

	it('shows a place-holder without a password, and no database without one', () => {
		const text = mysqlConnectionText({ ...plain, password: null, database: null });
		expect(text.uri).toBe('mysql://app:PASSWORD@db.internal:3306/');
		expect(text.snippets.every(({ code }) => code.includes('PASSWORD'))).toBe(true);
		expect(text.env + text.command + text.snippets.map(({ code }) => code).join('')).not.toMatch(
			/database|dbname|DB_DATABASE|null/,
		);
	});

	it('keeps a database name that would end a value of the DSN out of it', () => {
		const code = snippet(hostile, 'php');
		expect(code).not.toContain('dbname');
		expect(code).toContain(`$pdo->exec('USE \`my db/ü;\\'x\`\`y"z\\\\\`');`);
		expect(snippet({ ...plain, database: 'a-b' }, 'php')).toContain('dbname=a-b');
	});

	it('quotes what JavaScript and Python read', () => {
		for (const language of ['node', 'python'])
			expect(snippet(hostile, language)).toContain(JSON.stringify(hostile.password));
	});
});

describe('mariadbConnectionText', () => {
	it('names its own program and driver', () => {
		const text = mariadbConnectionText(plain);
		expect(text.command).toMatch(/^MYSQL_PWD='abc123' mariadb --protocol=TCP /);
		expect(text.snippets.find((one) => one.language === 'laravel')?.code).toContain('DB_CONNECTION=mariadb');
		expect(text.uri).toBe(mysqlConnectionText(plain).uri);
	});

	it('is found by engine', () => {
		expect(connectionText('mariadb', plain)).toEqual(mariadbConnectionText(plain));
		expect(connectionText('mysql', plain)).toEqual(mysqlConnectionText(plain));
	});
});
