import { describe, expect, it } from 'vitest';
import { MAX_KEY_DESCRIPTION_LENGTH } from '$lib/shared/storage-names';
import { factsOf, tagsOf } from './facts';

const moment = new Date('2026-11-29T12:34:56.789Z');

describe('what is known of a key', () => {
	it.each(['', 'Web shop', `"\\<&>'`, '😀é'])('fits its tags and comes back: %j', (description) => {
		for (const expiresAt of [null, moment]) {
			const facts = { description, createdAt: moment, expiresAt };
			expect(factsOf(tagsOf(facts))).toEqual(facts);
		}
	});

	it.each(['語', '"', '😀', 'a'])('fits however long it is, of %s', (character) => {
		const description = character.repeat(MAX_KEY_DESCRIPTION_LENGTH / character.length);
		const facts = { description, createdAt: moment, expiresAt: moment };
		const tags = tagsOf(facts);
		expect(Math.max(...[...tags.values()].map((value) => value.length))).toBeLessThanOrEqual(256);
		expect(factsOf(tags)).toEqual(facts);
	});

	it('leaves nothing of a longer description behind', () => {
		const long = tagsOf({ description: 'x'.repeat(200), createdAt: moment, expiresAt: null });
		const short = tagsOf({ description: 'y', createdAt: moment, expiresAt: null });
		expect(factsOf(new Map([...long, ...short])).description).toBe('y');
	});

	it('is nothing when somebody else has made the key', () => {
		const none = { description: '', createdAt: null, expiresAt: null };
		expect(factsOf(new Map())).toEqual(none);
		expect(factsOf(new Map([['sh0-0', 'not json']]))).toEqual(none);
	});
});
