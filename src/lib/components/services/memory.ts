import { m } from '$lib/i18n/generated/messages';
import { GIB, memoryPresetsBytes, MIB } from '$lib/shared/units';

const reasons: Record<number, () => string> = {
	[256 * MIB]: m.memory_reason_256,
	[512 * MIB]: m.memory_reason_512,
	[1 * GIB]: m.memory_reason_1024,
	[2 * GIB]: m.memory_reason_2048,
	[4 * GIB]: m.memory_reason_4096,
	[8 * GIB]: m.memory_reason_8192,
	[16 * GIB]: m.memory_reason_16384,
};

/** What a size is good for, in a sentence: that of the largest preset which is no larger. */
export function memoryReason(bytes: number): string {
	const preset = memoryPresetsBytes.findLast((candidate) => candidate <= bytes) ?? memoryPresetsBytes[0];
	return reasons[preset]?.() ?? '';
}

/** The presets that make sense here, with the service's present size among them when it is none. */
export function memoryChoices(limits: {
	minBytes: number;
	totalBytes: number;
	currentBytes?: number;
}): number[] {
	const { minBytes, totalBytes, currentBytes } = limits;
	const fitting: number[] = memoryPresetsBytes.filter((bytes) => bytes >= minBytes && bytes <= totalBytes);
	if (currentBytes !== undefined && !fitting.includes(currentBytes)) fitting.push(currentBytes);
	return fitting.sort((a, b) => a - b);
}

/** Where the slider begins: the engine's own advice if it fits, else the largest choice that does, else the smallest. */
export function firstChoice(choices: readonly number[], adviceBytes: number, availableBytes: number): number {
	const fitting = choices.filter((bytes) => bytes <= availableBytes);
	return fitting.findLast((bytes) => bytes <= adviceBytes) ?? fitting[0] ?? choices[0] ?? adviceBytes;
}
