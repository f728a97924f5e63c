import { describe, expect, it } from 'vitest';
import { isOriginAllowed, ownOrigin } from './origin.js';

describe('ownOrigin without ORIGIN', () => {
	const place = { origin: null, port: 3000 };

	it.each([
		['localhost:3000', 'http://localhost:3000'],
		['LOCALHOST:3000', 'http://localhost:3000'],
		['127.0.0.1:3000', 'http://127.0.0.1:3000'],
		['192.168.1.20:3000', 'http://192.168.1.20:3000'],
		['[::1]:3000', 'http://[::1]:3000'],
		['[2001:db8::1]:3000', 'http://[2001:db8::1]:3000'],
	])('knows %s', (host, origin) => {
		expect(ownOrigin(host, place)).toBe(origin);
	});

	it.each([
		['evil.example:3000'],
		['127.0.0.1.evil.example:3000'],
		['localhost.evil.example:3000'],
		['localhost:3001'],
		['localhost'],
		['127.1:3000'],
		['0x7f.0.0.1:3000'],
		['2130706433:3000'],
		['010.0.0.1:3000'],
		['[::1%25lo]:3000'],
		['[evil]:3000'],
		['user@127.0.0.1:3000'],
		['127.0.0.1:3000/x'],
		['127.0.0.1:3000, evil.example'],
		['127.0.0.1:99999'],
		['localhost.:3000'],
		[''],
		[undefined],
		[null],
	])('refuses %s', (host) => {
		expect(ownOrigin(host, place)).toBeNull();
	});

	it('takes a missing port for 80', () => {
		expect(ownOrigin('localhost', { origin: null, port: 80 })).toBe('http://localhost');
		expect(ownOrigin('localhost:80', { origin: null, port: 80 })).toBe('http://localhost');
	});
});

describe('ownOrigin with ORIGIN', () => {
	const place = { origin: 'https://panel.example.org', port: 3000 };

	it('knows the public host alone, whatever the port behind the proxy', () => {
		expect(ownOrigin('panel.example.org', place)).toBe('https://panel.example.org');
		expect(ownOrigin('Panel.Example.org:443', place)).toBe('https://panel.example.org');
		for (const host of [
			'localhost:3000',
			'127.0.0.1:3000',
			'panel.example.org:3000',
			'x.panel.example.org',
		]) {
			expect(ownOrigin(host, place)).toBeNull();
		}
	});
});

describe('isOriginAllowed', () => {
	const own = 'http://127.0.0.1:3000';

	it('wants our own origin whenever a cookie comes along', () => {
		expect(isOriginAllowed({ origin: own, own, hasCookie: true })).toBe(true);
		for (const origin of [
			null,
			undefined,
			'null',
			'https://evil.example',
			'http://127.0.0.1:3001',
			`${own}/`,
			'',
		]) {
			expect(isOriginAllowed({ origin, own, hasCookie: true })).toBe(false);
		}
	});

	it('lets scripts without cookie and origin pass, and nobody who names another origin', () => {
		expect(isOriginAllowed({ origin: null, own, hasCookie: false })).toBe(true);
		expect(isOriginAllowed({ origin: 'null', own, hasCookie: false })).toBe(false);
		expect(isOriginAllowed({ origin: 'https://evil.example', own, hasCookie: false })).toBe(false);
	});
});
