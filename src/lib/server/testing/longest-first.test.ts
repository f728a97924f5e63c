import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { root } from '../../../../scripts/setup/root.js';
import { longest } from './longest-first';

it('names files that are there', () => {
	expect(longest.filter((file) => !existsSync(join(root, file)))).toEqual([]);
});
