import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { root } from '../setup/root.js';
import { longest } from './longest-first.js';

it('names files that are there', () => {
	expect(longest.filter((file) => !existsSync(join(root, file)))).toEqual([]);
});
