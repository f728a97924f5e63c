import { describe, expect, it } from 'vitest';
import { Secret } from '../../secret';
import { isNativeHash, nativeHash } from './hash';

describe('nativeHash', () => {
	// As MySQL's and MariaDB's manuals print PASSWORD('mypass') and PASSWORD('password').
	it.each([
		['mypass', '*6C8989366EAF75BB670AD8EA7A7FC1176A95CEF4'],
		['password', '*2470C0C06DEE42FD1618BB99005ADCA2EC9D1E19'],
	])('of %s', (password, hash) => {
		expect(nativeHash(new Secret(password))).toBe(hash);
	});

	it('is recognised', () => {
		const password = new Secret(`p'a"s\\s é`);
		expect(isNativeHash(password, Buffer.from(nativeHash(password)))).toBe(true);
		expect(isNativeHash(new Secret('another'), Buffer.from(nativeHash(password)))).toBe(false);
		expect(isNativeHash(password, Buffer.from(''))).toBe(false);
	});
});
