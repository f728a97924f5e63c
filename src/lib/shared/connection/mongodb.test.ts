import { parseEnv } from 'node:util';
import { describe, expect, it } from 'vitest';
import { connectionText } from './index';
import { mongodbConnectionText } from './mongodb';

const hostile = {
	host: '127.0.0.1',
	port: 27018,
	user: `o'neil":/?#[]`,
	password: `p'a"s\\s$w&r%d #@:/`,
	database: `it's-ü`,
};
const plain = { host: 'db.internal', port: 27017, user: 'app', password: 'abc123', database: 'shop' };

function snippet(facts: Parameters<typeof mongodbConnectionText>[0], language: string): string {
	return mongodbConnectionText(facts).snippets.find((one) => one.language === language)?.code ?? '';
}

describe('mongodbConnectionText', () => {
	it('has a URI that any parser takes apart again', () => {
		const url = new URL(mongodbConnectionText(hostile).uri);
		expect(decodeURIComponent(url.username)).toBe(hostile.user);
		expect(decodeURIComponent(url.password)).toBe(hostile.password);
		expect(decodeURIComponent(url.pathname)).toBe(`/${hostile.database}`);
		expect([url.host, url.hash]).toEqual(['127.0.0.1:27018', '']);
		expect(Object.fromEntries(url.searchParams)).toEqual({ authSource: 'admin', directConnection: 'true' });
		expect(mongodbConnectionText({ ...plain, host: '::1' }).uri).toContain('@[::1]:27017/');
	});

	it('is easy to read where nothing is hostile', () => {
		const text = mongodbConnectionText(plain);
		const uri = 'mongodb://app:abc123@db.internal:27017/shop?authSource=admin&directConnection=true';
		expect(text.uri).toBe(uri);
		expect(parseEnv(text.env)).toEqual({
			MONGODB_URI: uri,
			MONGODB_HOST: 'db.internal',
			MONGODB_PORT: '27017',
			MONGODB_USER: 'app',
			MONGODB_PASSWORD: 'abc123',
			MONGODB_DATABASE: 'shop',
			MONGODB_AUTH_SOURCE: 'admin',
		});
		expect(snippet(plain, 'laravel')).toContain('DB_CONNECTION=mongodb\nDB_URI=');
		expect(text.snippets.map((one) => one.language)).toEqual(['node', 'python', 'php', 'laravel']);
	});

	it('never puts the password among the arguments of mongosh, which asks for it', () => {
		for (const facts of [plain, hostile]) {
			expect(mongodbConnectionText(facts).command).not.toContain(facts.password.slice(0, 5));
		}
		expect(mongodbConnectionText(plain).command).toBe(
			`mongosh 'mongodb://app@db.internal:27017/shop?authSource=admin&directConnection=true'`,
		);
	});

	it('leads a user that lives in another database there', () => {
		const text = mongodbConnectionText({ ...plain, user: 'ada@blog' });
		const url = new URL(text.uri);
		expect([url.username, url.searchParams.get('authSource')]).toEqual(['ada', 'blog']);
		expect(snippet({ ...plain, user: 'ada@blog' }, 'python')).toContain('authSource="blog"');
	});

	it('shows a place-holder without a password, and the default database without one', () => {
		const text = mongodbConnectionText({ ...plain, password: null, database: null });
		expect(text.uri).toContain('app:PASSWORD@db.internal:27017/test?');
		expect(text.snippets.every(({ code }) => code.includes('PASSWORD'))).toBe(true);
	});

	it('serves both engines that speak the protocol', () => {
		for (const engine of ['mongodb', 'ferretdb']) {
			expect(connectionText(engine, plain)?.uri).toBe(mongodbConnectionText(plain).uri);
		}
	});
});
