import { describe, expect, it } from 'vitest';
import { settingProblem } from '$lib/shared/settings';
import { settings } from './settings';

describe('settings', () => {
	it('never have the list of slow commands hold nearly all of them', () => {
		const spec = settings.find(({ key }) => key === 'slowlog-log-slower-than');
		expect([0, 1, 999, 1_000, -1].map((value) => spec && settingProblem(spec, value))).toEqual([
			...['range', 'range', 'range', null, null],
		]);
	});
});
