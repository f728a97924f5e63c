import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { accountName, accountOf, hostCovers } from './accounts';
import { grantPattern, isPattern, matcher, unescapePattern } from './patterns';

describe('accounts', () => {
	it.each([
		['app', { user: 'app', host: '%' }],
		['app@10.0.0.%', { user: 'app', host: '10.0.0.%' }],
		['a@b@%', { user: 'a@b', host: '%' }],
		['', { user: '', host: '%' }],
	])('%s', (name, account) => {
		expect(accountOf(name)).toEqual(account);
		expect(accountName(account)).toBe(name);
	});

	it('have one name each', () => {
		const part = fc.string({ unit: fc.constantFrom(...'a@%.1'), maxLength: 4 });
		fc.assert(
			fc.property(part, part, (user, host) => {
				if (host.includes('@')) return;
				expect(accountOf(accountName({ user, host }))).toEqual({ user, host });
			}),
		);
	});

	it.each([
		['%', '10.1.2.3', true],
		['10.%', '10.1.2.3', true],
		['10.%', '10.1.%', true],
		['10.1.%', '10.%', false],
		['10.%', '100.1.2.3', false],
		['10.1.2.3', '10.1.2.3', true],
		['10.1.2.3', '10.1.2.30', false],
		['10.0.0.0/255.0.0.0', '10.1.2.3', true],
		['10.0.0.0/255.0.0.0', '11.1.2.3', false],
		['192.168.0.0/16', '192.168.7.1', true],
		['192.168.0.0/16', '192.169.7.1', false],
		['10.250.0.%', '10.250.0.0/255.255.0.0', false],
		['10.%', '10.250.0.0/255.255.0.0', true],
		['10.0.0.0/8', '10.250.%', true],
		['10.250.0.0/255.255.0.0', '10.%', false],
		['10.2_.%', '10.21.3.4', true],
		['2001:db8:%', '2001:db8::1', true],
		['localhost', '127.0.0.1', false],
		['::1', '::1', true],
	])('%s covers %s: %s', (host, address, covers) => {
		expect(hostCovers(host, address)).toBe(covers);
	});
});

describe('databases in grants', () => {
	it.each([
		['a_b', String.raw`a\_b`],
		['a%b', String.raw`a\%b`],
		[String.raw`a\b`, String.raw`a\\b`],
		[String.raw`a\_b`, String.raw`a\\\_b`],
		['plain', 'plain'],
	])('%s is written %s', (name, pattern) => {
		expect(grantPattern(name)).toBe(pattern);
	});

	it('match their own name and no other', () => {
		const text = fc.string({ unit: fc.constantFrom(...String.raw`ab_%\.$[`), minLength: 1, maxLength: 6 });
		fc.assert(
			fc.property(text, text, (name, other) => {
				const pattern = grantPattern(name);
				expect([isPattern(pattern), unescapePattern(pattern)]).toEqual([false, name]);
				expect(matcher(pattern)(other)).toBe(name === other);
			}),
			{ numRuns: 5_000 },
		);
	});

	it('match several when somebody wrote them without escapes', () => {
		expect([isPattern('a_b'), isPattern('a%'), isPattern(String.raw`a\\_b`), isPattern('ab')]).toEqual([
			true,
			true,
			true,
			false,
		]);
		expect(['axb', 'a_b', 'ab', 'axxb'].filter(matcher('a_b'))).toEqual(['axb', 'a_b']);
		expect(['a', 'ab', 'b\nx', 'a\nx'].filter(matcher('a%'))).toEqual(['a', 'ab', 'a\nx']);
	});

	it('match as an expression of the same meaning does', () => {
		const text = (characters: string) => fc.string({ unit: fc.constantFrom(...characters), maxLength: 8 });
		fc.assert(
			fc.property(text('ab_%%'), text('ab'), (pattern, name) => {
				const same = new RegExp(`^${pattern.replaceAll('_', '.').replaceAll('%', '.*')}$`);
				expect([pattern, name, matcher(pattern)(name)]).toEqual([pattern, name, same.test(name)]);
			}),
			{ numRuns: 5_000 },
		);
	});

	it('take no longer for many stars', () => {
		const startedAt = performance.now();
		expect(matcher('%a'.repeat(30))(`${'a'.repeat(64)}b`)).toBe(false);
		expect(performance.now() - startedAt).toBeLessThan(1_000);
	});
});
