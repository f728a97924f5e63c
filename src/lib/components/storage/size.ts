import { formatBytes } from '$lib/i18n/format';
import { GIB, MIB } from '$lib/shared/units';

export type SizeUnit = 'mb' | 'gb' | 'tb';

export const sizeUnits: { unit: SizeUnit; bytes: number }[] = [
	{ unit: 'mb', bytes: MIB },
	{ unit: 'gb', bytes: GIB },
	{ unit: 'tb', bytes: 1_024 * GIB },
];

/** What the person's language calls it, such as `Go`. */
export function unitWord(unit: SizeUnit): string {
	return formatBytes(bytesIn(unit)).replace(/[\d\s]/g, '');
}

const bytesIn = (unit: SizeUnit): number => sizeUnits.find((one) => one.unit === unit)?.bytes ?? GIB;

/** A size as it is typed: in the largest unit of which it is a whole number of hundredths. */
export function splitSize(bytes: number | null): { amount: string; unit: SizeUnit } {
	if (bytes === null) return { amount: '', unit: 'gb' };
	const fitting = sizeUnits.toReversed().find((one) => bytes >= one.bytes && (bytes * 100) % one.bytes === 0);
	const { unit } = fitting ?? { unit: 'mb' as const };
	return { amount: String(bytes / bytesIn(unit)), unit };
}

/** Bytes, null for nothing, undefined for what is no size. A comma is a decimal point in most languages. */
export function sizeOf(amount: string, unit: SizeUnit): number | null | undefined {
	const text = amount.trim().replace(',', '.');
	if (text === '') return null;
	if (!/^\d+(?:\.\d+)?$/.test(text)) return undefined;
	const bytes = Math.round(Number(text) * bytesIn(unit));
	return bytes >= 1 && Number.isSafeInteger(bytes) ? bytes : undefined;
}

/** A whole number of at least 1, null for nothing, undefined for what is none. */
export function countOf(text: string): number | null | undefined {
	if (text.trim() === '') return null;
	const count = Number(text.trim());
	return Number.isSafeInteger(count) && count >= 1 ? count : undefined;
}
