import { describe, expect, it } from 'vitest';
import { passwordStrength } from './password-strength';

describe('password strength', () => {
	it.each([
		['', 0],
		['abc', 1],
		['password1', 1],
		['aaaaaaaaaaaaaaaaaaaa', 1],
		['12345678901234567890', 1],
		['abcdefghijklmnop', 1],
		['Admin2024', 1],
		['tr0ub4dor', 2],
		['correct horse', 3],
		['correct horse battery staple', 4],
		['kX9!mQ2$vR7w', 4],
		['mvuaKubwaLeo', 3],
	] as const)('%s counts as %d', (password, strength) => {
		expect(passwordStrength(password)).toBe(strength);
	});
});
