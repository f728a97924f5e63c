import { describe, expect, it } from 'vitest';
import { engines } from '$lib/server/engines';
import { settingSentence } from './setting-words';

describe('setting words', () => {
	it('explains every setting of every engine', () => {
		const keys = engines.flatMap(({ versions, configurable }) =>
			versions.flatMap(({ version }) => configurable?.settings(version).map(({ key }) => key) ?? []),
		);
		expect(keys.length).toBeGreaterThan(30);
		expect(keys.filter((key) => settingSentence(key) === undefined)).toEqual([]);
	});
});
