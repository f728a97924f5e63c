import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

type Rgb = readonly [number, number, number];
type Pair = { light: Rgb; dark: Rgb };

const css = readFileSync(new URL('../../../app.css', import.meta.url), 'utf8');

function parseHex(hex: string): Rgb {
	const value = Number.parseInt(hex.slice(1), 16);
	return [(value >> 16) & 255, (value >> 8) & 255, value & 255];
}

const tokens = new Map<string, Pair>(
	[...css.matchAll(/--color-([a-z0-9-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)/g)].map(
		([, name = '', light = '', dark = '']) => [name, { light: parseHex(light), dark: parseHex(dark) }],
	),
);

/** WCAG 2 relative luminance. */
function luminance(color: Rgb): number {
	const [red, green, blue] = color.map((part) => {
		const share = part / 255;
		return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
	});
	return 0.2126 * (red ?? 0) + 0.7152 * (green ?? 0) + 0.0722 * (blue ?? 0);
}

function contrast(a: Rgb, b: Rgb): number {
	const [high = 0, low = 0] = [luminance(a), luminance(b)].sort((x, y) => y - x);
	return (high + 0.05) / (low + 0.05);
}

function token(name: string): Pair {
	const pair = tokens.get(name);
	if (!pair) throw new Error(`--color-${name} is not a light-dark pair of hex values`);
	return pair;
}

const surfaces = ['sunken', 'canvas', 'surface', 'raised', 'hover'];

/** Text (4.5:1) and what it stands on. */
const textOn: Record<string, string[]> = {
	ink: [...surfaces, 'active', 'accent-soft', 'ok-soft', 'warn-soft', 'bad-soft', 'idle-soft', 'selection'],
	muted: [...surfaces, 'active', 'accent-soft', 'ok-soft', 'warn-soft', 'bad-soft', 'idle-soft'],
	faint: [...surfaces],
	'accent-text': [...surfaces, 'accent-soft'],
	ok: [...surfaces, 'ok-soft'],
	warn: [...surfaces, 'warn-soft'],
	bad: [...surfaces, 'bad-soft'],
	idle: [...surfaces, 'idle-soft'],
	'on-accent': ['accent', 'accent-hover'],
	'on-bad': ['bad-solid', 'bad-hover'],
};

/** Lines and shapes that carry meaning (3:1) and what they stand on. */
const shapeOn: Record<string, string[]> = {
	control: ['canvas', 'surface', 'raised', 'sunken'],
	focus: [...surfaces, 'accent-soft'],
	accent: ['canvas', 'surface', 'raised', 'accent-soft'],
	'ok-solid': ['surface', 'canvas', 'raised'],
	'warn-solid': ['surface', 'canvas', 'raised'],
	'bad-solid': ['surface', 'canvas', 'raised'],
	'idle-solid': ['surface', 'canvas', 'raised'],
	'chart-1': ['surface'],
	'chart-2': ['surface'],
	'chart-3': ['surface'],
};

const cases = [
	...Object.entries(textOn).flatMap(([front, backs]) => backs.map((back) => ({ front, back, least: 4.5 }))),
	...Object.entries(shapeOn).flatMap(([front, backs]) => backs.map((back) => ({ front, back, least: 3 }))),
];

describe('contrast of the colours', () => {
	it.each(cases)('$front on $back is at least $least:1 in both themes', ({ front, back, least }) => {
		const [a, b] = [token(front), token(back)];
		expect(contrast(a.light, b.light), 'light').toBeGreaterThanOrEqual(least);
		expect(contrast(a.dark, b.dark), 'dark').toBeGreaterThanOrEqual(least);
	});

	it('knows black on white', () => {
		expect(contrast([0, 0, 0], [255, 255, 255])).toBeCloseTo(21);
	});
});
