import { createHash } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { loadEnv } from '../env';
import { layOutContext } from './context';
import { loadPlans, type Recipe } from './recipes';

const content = 'what the registry sent';
const integrity = `sha512-${createHash('sha512').update(content).digest('base64')}`;

let folder: string;

beforeEach(async () => {
	folder = await mkdtemp(join(tmpdir(), 'sh0-context-'));
	const bin = join(folder, 'bin');
	await mkdir(bin);
	const npm = `#!${process.execPath}
const { writeFileSync } = require('node:fs');
writeFileSync(process.argv[process.argv.indexOf('--pack-destination') + 1] + '/a-1.0.0.tgz', '${content}');`;
	await writeFile(join(bin, 'npm'), npm);
	await chmod(join(bin, 'npm'), 0o755);
	vi.stubEnv('PATH', `${bin}:${process.env.PATH ?? ''}`);
});

afterEach(async () => {
	vi.unstubAllEnvs();
	await rm(folder, { recursive: true });
});

async function recipeWith(integrity: string): Promise<Recipe> {
	const recipe = (await loadPlans(loadEnv({}).imagesDir)).find(({ engine }) => engine === 'postgres')?.recipe;
	if (!recipe) throw new Error('no recipe');
	const npm = [{ name: 'a', version: '1.0.0', integrity, architecture: 'x64', as: 'a.tgz' } as const];
	return { ...recipe, npm };
}

it('puts a package into the context when it is what the recipe was written for', async () => {
	const context = join(folder, 'context');
	await layOutContext(await recipeWith(integrity), context);
	expect(await readFile(join(context, 'a.tgz'), 'utf8')).toBe(content);
});

it('refuses a package that is another than the recipe was written for', async () => {
	const other = `sha512-${createHash('sha512').update('something else').digest('base64')}`;
	const context = join(folder, 'context');
	await expect(layOutContext(await recipeWith(other), context)).rejects.toThrow(
		`a@1.0.0 is not what its recipe expects: ${integrity}`,
	);
	await expect(readFile(join(context, 'a.tgz'))).rejects.toThrow();
});
