import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { hashOf, readStamp, writeStamp } from './stamp.js';

let root: string;

beforeEach(() => {
	root = mkdtempSync(join(tmpdir(), 'sh0-stamp-'));
	mkdirSync(join(root, 'src/deep'), { recursive: true });
	writeFileSync(join(root, 'src/a.ts'), 'one');
	writeFileSync(join(root, 'src/deep/b.ts'), 'two');
	writeFileSync(join(root, 'lock.json'), '{}');
});

afterEach(() => rmSync(root, { recursive: true }));

const paths = ['src', 'lock.json', 'not-there'];

describe('hashOf', () => {
	it('stays the same while nothing changes', () => {
		expect(hashOf(root, paths)).toBe(hashOf(root, ['lock.json', 'src']));
	});

	it.each([
		['content', () => writeFileSync(join(root, 'src/deep/b.ts'), 'twO')],
		['a new file', () => writeFileSync(join(root, 'src/c.ts'), '')],
		['a missing file', () => rmSync(join(root, 'src/a.ts'))],
		['a path that appears', () => writeFileSync(join(root, 'not-there'), '')],
	])('changes with %s', (_what, change) => {
		const before = hashOf(root, paths);
		change();
		expect(hashOf(root, paths)).not.toBe(before);
	});

	it('does not see what is left out', () => {
		const isLeftOut = (path: string) => path.endsWith('b.ts');
		const before = hashOf(root, paths, isLeftOut);
		writeFileSync(join(root, 'src/deep/b.ts'), 'other');
		expect(hashOf(root, paths, isLeftOut)).toBe(before);
	});

	it('keeps files apart whose bytes are the same in a row', () => {
		const before = hashOf(root, ['src']);
		writeFileSync(join(root, 'src/a.ts'), 'on');
		writeFileSync(join(root, 'src/deep/b.ts'), 'etwo');
		expect(hashOf(root, ['src'])).not.toBe(before);
	});
});

describe('readStamp', () => {
	it('gives back what was written, and nothing when there is no stamp', () => {
		const file = join(root, 'stamp');
		expect(readStamp(file)).toBeUndefined();
		writeStamp(file, 'abc');
		expect(readStamp(file)).toBe('abc');
	});
});
