import { expect, it } from 'vitest';
import { sizeWords } from './rule-words';

it.each([
	[null, null, null],
	[1_048_576, null, 'Only objects larger than 1 MB'],
	[null, 2_048, 'Only objects smaller than 2 kB'],
	[0, 1_048_576, 'Only objects larger than 0 bytes and smaller than 1 MB'],
])(
	'says that a rule is for objects over %s and under %s bytes',
	(largerThanBytes, smallerThanBytes, words) => {
		expect(sizeWords({ largerThanBytes, smallerThanBytes })).toBe(words);
	},
);
