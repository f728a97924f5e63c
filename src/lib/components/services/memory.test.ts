import { expect, test } from 'vitest';
import { GIB, MIB } from '$lib/shared/units';
import { firstChoice, memoryChoices } from './memory';

test("only presets between the engine's least and the machine's whole memory are offered", () => {
	expect(memoryChoices({ minBytes: 512 * MIB, totalBytes: 3 * GIB })).toEqual([512 * MIB, GIB, 2 * GIB]);
});

test('a size that is no preset stays among the choices', () => {
	expect(memoryChoices({ minBytes: 256 * MIB, totalBytes: GIB, currentBytes: 700 * MIB })).toEqual([
		256 * MIB,
		512 * MIB,
		700 * MIB,
		GIB,
	]);
});

test('the first choice is the advice where it fits, else the most that does', () => {
	const choices = [256 * MIB, 512 * MIB, GIB, 2 * GIB];
	expect(firstChoice(choices, GIB, 4 * GIB)).toBe(GIB);
	expect(firstChoice(choices, GIB, 600 * MIB)).toBe(512 * MIB);
	expect(firstChoice(choices, GIB, 10 * MIB)).toBe(256 * MIB);
});
