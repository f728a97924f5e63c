import { formatNumber } from '$lib/i18n/format';
import { m } from '$lib/i18n/generated/messages';
import { getLocale } from '$lib/i18n/generated/runtime';
import { settingProblem, type SettingSpec, type SettingUnit, type SettingValue } from '$lib/shared/settings';
import type { RouterOutputs } from '$lib/trpc/client';

export type SettingView = RouterOutputs['services']['settings']['get']['settings'][number];
export type NumberSpec = Extract<SettingSpec, { type: 'number' }>;
/** A size or a time in a unit that one reads: `factor` of the setting's own unit. */
export type ReadUnit = { factor: number; label: string };

type Scale = readonly { factor: number; name: string }[];
const seconds = (own: number): Scale => [
	{ factor: own, name: 'second' },
	{ factor: 60 * own, name: 'minute' },
	{ factor: 3_600 * own, name: 'hour' },
	{ factor: 86_400 * own, name: 'day' },
];
const scales: Record<SettingUnit, Scale> = {
	count: [],
	factor: [],
	bytes: [
		{ factor: 1024, name: 'kilobyte' },
		{ factor: 1024 ** 2, name: 'megabyte' },
		{ factor: 1024 ** 3, name: 'gigabyte' },
	],
	microseconds: [
		{ factor: 1, name: 'microsecond' },
		{ factor: 1_000, name: 'millisecond' },
		{ factor: 1_000_000, name: 'second' },
		{ factor: 60_000_000, name: 'minute' },
	],
	milliseconds: [{ factor: 1, name: 'millisecond' }, ...seconds(1_000)],
	seconds: seconds(1),
};

/** The unit as the person's language writes it; the formatter of an older browser does not know the smallest. */
function labelOf(name: string): string {
	if (name === 'microsecond') return 'µs';
	// Beside a field that may hold any number, the form for several.
	const parts = withUnit(name).formatToParts(2);
	return parts.find(({ type }) => type === 'unit')?.value ?? name;
}

function withUnit(name: string): Intl.NumberFormat {
	return new Intl.NumberFormat(getLocale(), {
		style: 'unit',
		unit: name,
		unitDisplay: 'short',
		maximumFractionDigits: 3,
	});
}

/** The units a number of this unit is read and typed in; empty for a plain number. */
export function readUnits(unit: SettingUnit): ReadUnit[] {
	return scales[unit].map(({ factor, name }) => ({ factor, label: labelOf(name) }));
}

/** The largest unit in which the value is a number of few digits; 1 for a plain number. */
export function factorFor(unit: SettingUnit, value: number): number {
	const factors = scales[unit].map(({ factor }) => factor);
	return factors.findLast((factor) => isShort(value / factor)) ?? factors[0] ?? 1;
}

function isShort(amount: number): boolean {
	return amount >= 1 && Number(amount.toFixed(2)) === amount;
}

/** What was typed as a number, with a point or a comma; NaN when it is none. */
export function parseAmount(text: string): number {
	const plain = text.trim().replace(',', '.');
	return /^-?\d+(\.\d+)?$/.test(plain) ? Number(plain) : NaN;
}

/** A value as one reads it: with its unit, `off`, or a word for nothing. */
export function formatSetting(spec: SettingSpec, value: SettingValue): string {
	if (typeof value === 'boolean') return value ? m.settings_on() : m.settings_off();
	if (typeof value === 'string') return value === '' ? m.settings_empty_value() : value;
	if (spec.type !== 'number') return String(value);
	if (value === spec.offValue) return m.settings_off();
	const factor = factorFor(spec.unit, value);
	const name = scales[spec.unit].find((candidate) => candidate.factor === factor)?.name;
	const amount = value / factor;
	if (name === undefined) return formatNumber(amount, 3);
	return name === 'microsecond' ? `${formatNumber(amount)}\u00a0µs` : withUnit(name).format(amount);
}

/** What is wrong with a value, as a sentence; undefined when nothing is. */
export function settingProblemSentence(spec: SettingSpec, value: SettingValue): string | undefined {
	switch (settingProblem(spec, value)) {
		case null:
			return undefined;
		case 'type':
			return Number.isFinite(value) ? m.settings_problem_whole() : m.settings_problem_type();
		case 'range':
			return spec.type === 'number' ? rangeText(spec) : m.settings_problem_pattern();
		case 'choice':
		case 'pattern':
			return m.settings_problem_pattern();
	}
}

/** From which to which value a number goes. */
export function rangeText(spec: NumberSpec): string {
	return m.settings_range({ min: formatSetting(spec, spec.min), max: formatSetting(spec, spec.max) });
}
