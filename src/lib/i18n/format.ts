import { getLocale } from './generated/runtime';

/*
 * Numbers, sizes, times and dates in the person's language. The formatters are made once a locale: Intl is slow to
 * construct and quick to use.
 */

type Made = Map<string, unknown>;
const made: Made = new Map();

function once<T extends object>(
	kind: string,
	make: (locale: string) => T,
	is: (value: unknown) => value is T,
): T {
	const locale = getLocale();
	const key = `${locale} ${kind}`;
	const known = made.get(key);
	if (is(known)) return known;
	const fresh = make(locale);
	made.set(key, fresh);
	return fresh;
}

const isNumber = (value: unknown): value is Intl.NumberFormat => value instanceof Intl.NumberFormat;
const isDate = (value: unknown): value is Intl.DateTimeFormat => value instanceof Intl.DateTimeFormat;
const isRelative = (value: unknown): value is Intl.RelativeTimeFormat =>
	value instanceof Intl.RelativeTimeFormat;
const isList = (value: unknown): value is Intl.ListFormat => value instanceof Intl.ListFormat;

function numberFormat(options: Intl.NumberFormatOptions): Intl.NumberFormat {
	return once(`n${JSON.stringify(options)}`, (locale) => new Intl.NumberFormat(locale, options), isNumber);
}

function dateFormat(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
	return once(`d${JSON.stringify(options)}`, (locale) => new Intl.DateTimeFormat(locale, options), isDate);
}

/** A whole or broken number: `4,312`. */
export function formatNumber(value: number, maximumFractionDigits = 1): string {
	return numberFormat({ maximumFractionDigits }).format(value);
}

/** A share from 0 to 1 as a percentage: 0.034 is `3.4%`. */
export function formatPercent(share: number, maximumFractionDigits = share < 0.1 ? 1 : 0): string {
	return numberFormat({ style: 'percent', maximumFractionDigits }).format(share);
}

const byteUnits = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte', 'petabyte'] as const;

/** Bytes in steps of 1024, with the words people know: 2147483648 is `2 GB`. */
export function formatBytes(bytes: number): string {
	let value = Math.abs(bytes);
	let step = 0;
	// 1023.95 would print as "1,024", so the next unit begins a little earlier.
	while (value >= 1023.95 && step < byteUnits.length - 1) {
		value /= 1024;
		step += 1;
	}
	const unit = byteUnits[step] ?? 'byte';
	const maximumFractionDigits = step === 0 || value >= 100 ? 0 : 1;
	return numberFormat({
		style: 'unit',
		unit,
		unitDisplay: step === 0 ? 'long' : 'short',
		maximumFractionDigits,
	}).format(Math.sign(bytes) * value);
}

/** A date with its time of day: `24 Nov 2026, 11:10`. */
export function formatDateTime(date: Date | number): string {
	return dateFormat({ dateStyle: 'medium', timeStyle: 'short' }).format(date);
}

/** A date with its time to the second and the zone, for what must be exact. */
export function formatExactTime(date: Date | number): string {
	return dateFormat({ dateStyle: 'full', timeStyle: 'long' }).format(date);
}

/** A day: `24 Nov 2026`. */
export function formatDate(date: Date | number): string {
	return dateFormat({ dateStyle: 'medium' }).format(date);
}

/** A time of day by 24 hours, with seconds on request: `11:10`. It stands in columns and on axes, where AM and PM have no room. */
export function formatTime(date: Date | number, withSeconds = false): string {
	return dateFormat({ timeStyle: withSeconds ? 'medium' : 'short', hourCycle: 'h23' }).format(date);
}

const relativeSteps: readonly [Intl.RelativeTimeFormatUnit, number][] = [
	['year', 365 * 86_400_000],
	['month', 30 * 86_400_000],
	['week', 7 * 86_400_000],
	['day', 86_400_000],
	['hour', 3_600_000],
	['minute', 60_000],
];

/** How far from `now`, in the largest unit that fits: `3 minutes ago`, `in 2 days`, `now` under a minute. */
export function formatRelativeTime(date: Date | number, now: number = Date.now()): string {
	const format = once('r', (locale) => new Intl.RelativeTimeFormat(locale, { numeric: 'auto' }), isRelative);
	const distance = Number(date) - now;
	for (const [unit, ms] of relativeSteps)
		if (Math.abs(distance) >= ms) return format.format(Math.trunc(distance / ms), unit);
	return format.format(0, 'second');
}

const durationSteps = [
	['day', 86_400_000],
	['hour', 3_600_000],
	['minute', 60_000],
	['second', 1000],
] as const;

/** A length of time in its two largest units: `2 min 14 sec`; under ten seconds with a tenth: `3.4 sec`; under a twentieth: `12 ms`. */
export function formatDuration(durationMs: number): string {
	const unit = (name: string, value: number, digits = 0) =>
		numberFormat({ style: 'unit', unit: name, unitDisplay: 'short', maximumFractionDigits: digits }).format(
			value,
		);
	if (durationMs > 0 && durationMs < 50) return unit('millisecond', Math.max(1, durationMs));
	if (durationMs < 9950) return unit('second', Math.max(0, durationMs) / 1000, 1);
	const parts: string[] = [];
	let left = Math.round(durationMs / 1000) * 1000;
	for (const [name, ms] of durationSteps) {
		const count = Math.floor(left / ms);
		left -= count * ms;
		if (count > 0 && parts.length < 2) parts.push(unit(name, count));
		else if (parts.length > 0) break;
	}
	return formatList(parts, 'unit');
}

/** Several words as one phrase: `a, b and c`, or side by side as `unit`. */
export function formatList(words: readonly string[], type: 'conjunction' | 'unit' = 'conjunction'): string {
	const style = type === 'unit' ? 'narrow' : 'long';
	return once(`l${type}`, (locale) => new Intl.ListFormat(locale, { type, style }), isList).format(words);
}

/** Text in the order of the person's alphabet, numbers by their size. */
export function compareText(a: string, b: string): number {
	return a.localeCompare(b, getLocale(), { numeric: true, sensitivity: 'base' });
}
