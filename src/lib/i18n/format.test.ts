import { afterEach, describe, expect, it } from 'vitest';
import {
	compareText,
	formatBytes,
	formatDate,
	formatDateTime,
	formatDuration,
	formatExactTime,
	formatList,
	formatNumber,
	formatPercent,
	formatRelativeTime,
	formatTime,
} from './format';
import { baseLocale, overwriteGetLocale, type Locale } from './generated/runtime';

const speak = (locale: Locale) => overwriteGetLocale(() => locale);
afterEach(() => speak(baseLocale));

/** Intl joins numbers and units with spaces that do not break. */
const plain = (text: string) => text.replace(/[\u00a0\u202f]/g, ' ');
const minute = 60_000;
const now = Date.UTC(2026, 10, 24, 11, 10);

describe('formats in English', () => {
	it.each([
		[0, '0 bytes'],
		[1, '1 byte'],
		[1023, '1,023 bytes'],
		[1024, '1 kB'],
		[1024 * 1024 - 1, '1 MB'],
		[1.5 * 1024 ** 3, '1.5 GB'],
		[2 * 1024 ** 3, '2 GB'],
		[123.4 * 1024 ** 3, '123 GB'],
		[-1024, '-1 kB'],
	])('%d bytes are %s', (bytes, text) => expect(formatBytes(bytes)).toBe(text));

	it.each([
		[0, '0 sec'],
		[-5, '0 sec'],
		[0.2, '1 ms'],
		[12.4, '12 ms'],
		[340, '0.3 sec'],
		[9900, '9.9 sec'],
		[9960, '10 sec'],
		[59_700, '1 min'],
		[134_000, '2 min 14 sec'],
		[2 * 60 * minute, '2 hr'],
		[26 * 60 * minute + 5 * minute, '1 day 2 hr'],
		[24 * 60 * minute + 5 * minute, '1 day'],
	])('%d ms are %s', (durationMs, text) => expect(plain(formatDuration(durationMs))).toBe(text));

	it.each([
		[now, 'now'],
		[now - 59_000, 'now'],
		[now - 3 * minute, '3 minutes ago'],
		[now - 119 * minute, '1 hour ago'],
		[now - 24 * 60 * minute, 'yesterday'],
		[now + 2 * 24 * 60 * minute, 'in 2 days'],
		[now - 8 * 24 * 60 * minute, 'last week'],
		[now - 400 * 24 * 60 * minute, 'last year'],
	])('%d is %s', (date, text) => expect(formatRelativeTime(date, now)).toBe(text));

	it('formats numbers and shares', () => {
		expect(formatNumber(4312)).toBe('4,312');
		expect(formatPercent(0.0342)).toBe('3.4%');
		expect(formatPercent(0.42)).toBe('42%');
		expect(formatList(['a', 'b', 'c'])).toBe('a, b, and c');
		expect(['b10', 'b9', 'á'].toSorted(compareText)).toEqual(['á', 'b9', 'b10']);
	});
});

describe('formats in every language', () => {
	it.each([
		['en', '4,312.5', '2 GB', '3 minutes ago'],
		['fr', '4 312,5', '2 Go', 'il y a 3 minutes'],
		['es', '4312,5', '2 GB', 'hace 3 minutos'],
		['pt', '4.312,5', '2 GB', 'há 3 minutos'],
		['sw', '4,312.5', 'GB 2', 'dakika 3 zilizopita'],
	] as const)('%s has its own forms', (locale, number, bytes, relative) => {
		speak(locale);
		expect(plain(formatNumber(4312.5))).toBe(number);
		expect(plain(formatBytes(2 * 1024 ** 3))).toBe(bytes);
		expect(formatRelativeTime(now - 3 * minute, now)).toBe(relative);
	});

	it.each(['en', 'fr', 'es', 'pt', 'sw'] as const)('tells the time by 24 hours: %s', (locale) => {
		speak(locale);
		const afternoon = new Date(2026, 10, 24, 15, 30, 6);
		expect(formatTime(afternoon)).toBe('15:30');
		expect(formatTime(afternoon, true)).toBe('15:30:06');
		expect(formatTime(new Date(2026, 10, 24, 0, 5))).toMatch(/^0?0:05$/);
	});

	it('does not mix up languages that take turns', () => {
		speak('fr');
		const french = formatDate(now);
		speak('sw');
		const swahili = formatDate(now);
		speak('fr');
		expect(formatDate(now)).toBe(french);
		expect(swahili).not.toBe(french);
		for (const format of [formatDateTime, formatTime, formatExactTime]) expect(format(now)).not.toBe('');
	});
});
