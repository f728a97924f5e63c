import { describe, expect, it } from 'vitest';
import { cookieNames, readCookie, readCredentials } from './cookies';

describe('cookieNames', () => {
	it('holds the port, so that two panels on one host keep their sessions apart', () => {
		expect(cookieNames('http://localhost:3000').session).toBe('sh0_session_3000');
		expect(cookieNames('http://localhost:3001').session).toBe('sh0_session_3001');
	});

	it('has the __Host- prefix on https', () => {
		expect(cookieNames('https://panel.example.org')).toEqual({
			session: '__Host-sh0_session',
			device: '__Host-sh0_device',
		});
	});
});

describe('readCookie', () => {
	it('finds a cookie by its whole name', () => {
		expect(readCookie('a=1; sh0_session_3000=abc; b=2', 'sh0_session_3000')).toBe('abc');
		expect(readCookie('xsh0_session_3000=abc', 'sh0_session_3000')).toBeNull();
		expect(readCookie('sh0_session_3000', 'sh0_session_3000')).toBeNull();
		expect(readCookie(null, 'a')).toBeNull();
	});
});

describe('readCredentials', () => {
	const origin = 'http://localhost:3000';

	it('prefers an API token to a cookie', () => {
		const cookie = 'sh0_session_3000=abc';
		expect(readCredentials({ authorization: 'Bearer sh0_x', cookie }, origin)).toEqual({
			kind: 'token',
			token: 'sh0_x',
		});
		expect(readCredentials({ authorization: null, cookie }, origin)).toEqual({
			kind: 'session',
			token: 'abc',
		});
	});

	it('takes no other scheme, no empty cookie and no cookie of plain http on https', () => {
		expect(readCredentials({ authorization: 'Basic abc', cookie: 'sh0_session_3000=' }, origin)).toBeNull();
		const https = 'https://panel.example.org';
		expect(readCredentials({ authorization: null, cookie: 'sh0_session=abc' }, https)).toBeNull();
	});
});
