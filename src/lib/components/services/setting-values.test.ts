import { describe, expect, it } from 'vitest';
import type { SettingSpec } from '$lib/shared/settings';
import { factorFor, formatSetting, parseAmount, settingProblemSentence } from './setting-values';

const number = (unit: 'bytes' | 'milliseconds' | 'count', offValue: number | null = null): SettingSpec => ({
	key: 'x',
	type: 'number',
	unit,
	min: 1,
	max: 2 ** 40,
	isInteger: true,
	offValue,
	needsRestart: false,
});

describe('values of settings', () => {
	it('shows a size and a time in the largest unit that fits', () => {
		expect(factorFor('bytes', 256 * 1024 ** 2)).toBe(1024 ** 2);
		expect(factorFor('bytes', 1536 * 1024 ** 2)).toBe(1024 ** 3);
		expect(factorFor('milliseconds', 90_000)).toBe(60_000);
		expect(factorFor('milliseconds', 1_234)).toBe(1);
		expect(factorFor('count', 128)).toBe(1);
		expect(formatSetting(number('bytes'), 460 * 1024 ** 2)).toMatch(/^460\sMB$/);
	});

	it('says off for the value that means it', () => {
		expect(formatSetting(number('milliseconds', 0), 0)).toBe('Off');
		expect(settingProblemSentence(number('milliseconds', 0), 0)).toBeUndefined();
	});

	it('takes a comma for a point and nothing else', () => {
		expect(parseAmount(' 1,5 ')).toBe(1.5);
		expect(parseAmount('1.5')).toBe(1.5);
		for (const text of ['', 'x', '1 000', '0x10', '1e3', 'Infinity']) expect(parseAmount(text)).toBeNaN();
	});

	it('tells a broken number from no number', () => {
		expect(settingProblemSentence(number('count'), 1.5)).toBe('A whole number is needed here.');
		expect(settingProblemSentence(number('count'), NaN)).toBe('A number is needed here.');
	});
});
