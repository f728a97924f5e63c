import { describe, expect, it } from 'vitest';
import { estimateBits, passwordProblem, passwordStrength } from './password-strength';

describe('passwordProblem', () => {
	it.each([
		['elevenchars', 'short'],
		['', 'short'],
		['x'.repeat(257), 'long'],
		['ada.lovelace-77', 'email'],
		['my ada.lovelace!', 'email'],
		['password1234', 'common'],
		['P@ssw0rd2024!', 'common'],
		['qwerty-admin-1', 'common'],
		['123456789012', 'simple'],
		['aaaaaaaaaaaaaa', 'simple'],
		['abcabcabcabcabc', 'simple'],
		['abcdefghijklmnop', 'simple'],
		['qwertyuiopasdfgh', 'simple'],
	])('refuses %s as %s', (password, problem) => {
		expect(passwordProblem(password, 'Ada.Lovelace@example.org')).toBe(problem);
	});

	it.each([
		'violet-harbour-27',
		'Tz8!kq0#Lm2%',
		'kiboko anapenda mto',
		'пароль-длинный-7',
		'🐘🦒🦓🐆🦁🐊🦛🐫🦏🐃🐂🐄',
	])('takes %s', (password) => {
		expect(passwordProblem(password, 'ada.lovelace@example.org')).toBeNull();
	});

	it('takes a short name of an address as no reason', () => {
		expect(passwordProblem('bob-violet-harbour', 'bob@example.org')).toBeNull();
	});

	it('counts characters, not UTF-16 units, for the least length', () => {
		expect(passwordProblem('🐘🦒🦓🐆🦁🐊', '')).toBe('short');
	});
});

describe('passwordStrength', () => {
	it('rises with what cannot be foretold', () => {
		expect(passwordStrength('')).toBe(0);
		expect(passwordStrength('password1234')).toBe(0);
		expect(passwordStrength('aaaaaaaaaaaaaaaaaaaaaaaa')).toBe(0);
		expect(passwordStrength('violet')).toBeLessThan(2);
		expect(passwordStrength('violet-harbour-27')).toBeGreaterThanOrEqual(3);
		expect(passwordStrength('Tz8!kq0#Lm2%vX9&')).toBe(4);
	});

	it('gives a repeated unit the bits of one', () => {
		expect(estimateBits('k9#k9#k9#k9#')).toBeLessThan(estimateBits('k9#w2!p7$z4&'));
	});
});
