import { describe, expect, it } from 'vitest';
import { sentenceOfCode } from '$lib/i18n/error-sentences';
import { nameSentence } from './names';

describe('a new name while it is typed', () => {
	it('is as long as the engine takes it, in bytes', () => {
		expect(nameSentence('a'.repeat(64), [], 64)).toBeUndefined();
		const tooLong = sentenceOfCode('NAME_TOO_LONG', { maxBytes: 64, bytes: 66 });
		expect(nameSentence('é'.repeat(33), [], 64)).toBe(tooLong);
		expect(nameSentence('a'.repeat(64), [], 63)).toContain('63');
	});

	it('is no other one’s, and nothing is said of none', () => {
		expect(nameSentence('shop', ['shop'], 63)).toBe(sentenceOfCode('NAME_TAKEN'));
		expect(nameSentence('', ['shop'], 63)).toBeUndefined();
	});
});
