import { describe, expect, it } from 'vitest';
import { connectionText } from './index';
import { redisConnectionText, valkeyConnectionText } from './redis';

const hostile = {
	host: '127.0.0.1',
	port: 6380,
	user: `o@:/?#[]$`,
	password: `p'a"s\\s$w&r%d #`,
	database: '3',
};
const plain = { host: 'cache.internal', port: 6379, user: 'app', password: 'abc123', database: null };

function snippet(facts: Parameters<typeof redisConnectionText>[0], language: string): string {
	return redisConnectionText(facts).snippets.find((one) => one.language === language)?.code ?? '';
}

describe('redisConnectionText', () => {
	it('has a URI that any parser takes apart again', () => {
		const url = new URL(redisConnectionText(hostile).uri);
		expect(decodeURIComponent(url.username)).toBe(hostile.user);
		expect(decodeURIComponent(url.password)).toBe(hostile.password);
		expect([url.protocol, url.hostname, url.port, url.pathname, url.search, url.hash]).toEqual([
			...['redis:', '127.0.0.1', '6380', '/3', '', ''],
		]);
		expect(new URL(redisConnectionText({ ...plain, host: '::1' }).uri).hostname).toBe('[::1]');
	});

	it('is easy to read where nothing is hostile', () => {
		const text = redisConnectionText(plain);
		expect(text.uri).toBe('redis://app:abc123@cache.internal:6379/0');
		expect(text.env.split('\n')).toEqual([
			'REDIS_URL=redis://app:abc123@cache.internal:6379/0',
			'REDIS_HOST=cache.internal',
			'REDIS_PORT=6379',
			'REDIS_USERNAME=app',
			'REDIS_PASSWORD=abc123',
			'REDIS_DB=0',
		]);
		expect(snippet(plain, 'laravel')).toContain('REDIS_USERNAME=app\nREDIS_PASSWORD=abc123\nREDIS_DB=0');
		expect(snippet(hostile, 'node')).toContain(String.raw`password: "p'a\"s\\s$w&r%d #",`);
		expect(snippet(hostile, 'php')).toContain(String.raw`'p\'a"s\\s$w&r%d #'`);
	});

	it('never puts the password among the arguments, and lets the program ask without one', () => {
		expect(redisConnectionText(plain).command).toBe(
			`REDISCLI_AUTH='abc123' redis-cli -h 'cache.internal' -p 6379 --user 'app' -n 0`,
		);
		expect(valkeyConnectionText({ ...plain, password: null }).command).toBe(
			`valkey-cli -h 'cache.internal' -p 6379 --user 'app' -n 0 --askpass`,
		);
	});

	it('shows a place-holder without a password', () => {
		const text = redisConnectionText({ ...plain, password: null });
		expect(text.uri).toBe('redis://app:PASSWORD@cache.internal:6379/0');
		expect(text.snippets.every(({ code }) => code.includes('PASSWORD'))).toBe(true);
	});

	it('takes nothing but a number for a database', () => {
		for (const database of ['x', '1; id', '', '-1', '1.5', '12345678'])
			expect(redisConnectionText({ ...plain, database })).toEqual(redisConnectionText(plain));
	});

	it('is found by the engine', () => {
		expect(connectionText('redis', plain)).toEqual(redisConnectionText(plain));
		expect(connectionText('valkey', plain)).toEqual(valkeyConnectionText(plain));
	});
});
