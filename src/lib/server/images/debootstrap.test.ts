import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { sourcesList } from './debootstrap';
import { loadEnv } from '../env';
import { loadPlans } from './recipes';

const mirror = 'http://mirror.example/debian';

describe("apt's sources of a base image", () => {
	it('hold the suite, its updates and its security archive, each with the validity that it states', () => {
		expect(sourcesList({ suite: 'trixie', updates: true, validForDays: null }, mirror)).toBe(
			[
				`deb ${mirror} trixie main`,
				`deb ${mirror} trixie-updates main`,
				`deb ${mirror}-security trixie-security main`,
				'',
			].join('\n'),
		);
	});

	it('give a longer validity to the line of the suite alone, in seconds', () => {
		expect(sourcesList({ suite: 'sid', updates: false, validForDays: 2 }, mirror)).toBe(
			`deb [valid-until-min=172800] ${mirror} sid main\n`,
		);
	});

	it('check the age of the lists of every suite but sid, and the signature of all', async () => {
		const folder = loadEnv({}).imagesDir;
		const longer = (await loadPlans(folder))
			.flatMap(({ recipe }) => (recipe === null ? [] : [recipe.base]))
			.filter(({ validForDays }) => validForDays !== null)
			.map(({ suite, updates }) => ({ suite, updates }));
		expect(new Set(longer.map(({ suite }) => suite))).toEqual(new Set(['sid']));
		for (const file of await readdir(join(folder, 'base/files'), { recursive: true, withFileTypes: true })) {
			if (!file.isFile()) continue;
			const text = await readFile(join(file.parentPath, file.name), 'utf8');
			expect(text).not.toMatch(/check-valid-until|allowunauthenticated|allowinsecure|allowweak|trusted/i);
		}
	});
});
