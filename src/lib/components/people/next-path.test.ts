import { describe, expect, it } from 'vitest';
import { loginPath, safeNext } from './next-path';

describe('safeNext', () => {
	it('keeps a page of this panel with its query and fragment', () => {
		expect(safeNext('/activity?outcome=failed#top')).toBe('/activity?outcome=failed#top');
	});

	it.each([
		[null],
		[''],
		['https://evil.example/'],
		['//evil.example/'],
		['/\\evil.example/'],
		['/\t/evil.example/'],
		['\\\\evil.example'],
		['javascript:alert(1)'],
		['databases'],
	])('leads %j home', (value) => {
		expect(safeNext(value)).toBe('/');
	});

	it.each(['/login', '/login?next=/login', '/setup?token=x', '/invitation', '/trpc/auth.me'])(
		'does not lead back to %s',
		(value) => {
			expect(safeNext(value)).toBe('/');
		},
	);

	it('never leaves the origin, whatever is in the path', () => {
		for (const value of ['/..//evil.example', '/.//evil.example', '/%2f/evil.example', '/@evil.example'])
			expect(new URL(safeNext(value), 'https://panel.example').origin).toBe('https://panel.example');
	});
});

describe('loginPath', () => {
	it('remembers the page, and says nothing about the home page', () => {
		expect(loginPath(new URL('https://p.example/databases/x?tab=1'))).toBe(
			'/login?next=%2Fdatabases%2Fx%3Ftab%3D1',
		);
		expect(loginPath(new URL('https://p.example/'))).toBe('/login');
	});
});
