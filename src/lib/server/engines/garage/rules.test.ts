import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { LifecycleRule } from '$lib/shared/storage-rules';
import { fromGarageLifecycle, toGarageLifecycle } from './rules';

const days = fc.integer({ min: 1, max: 36_500 });
const rule: fc.Arbitrary<LifecycleRule> = fc.record({
	id: fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9 ._-]{0,20}$/),
	isEnabled: fc.boolean(),
	prefix: fc.option(fc.stringMatching(/^[ -~]{1,30}$/)),
	largerThanBytes: fc.option(fc.integer({ min: 0, max: 1_000 })),
	smallerThanBytes: fc.option(fc.integer({ min: 2_000, max: 3_000 })),
	expireAfterDays: days,
	expireOn: fc.constant(null),
	abortUploadsAfterDays: fc.constant(null),
	expireVersionsAfterDays: fc.constant(null),
});

it('reads back exactly the rule that was written', () => {
	fc.assert(
		fc.property(rule, (wanted) => {
			const written: unknown = JSON.parse(JSON.stringify(toGarageLifecycle(wanted)));
			expect(fromGarageLifecycle([written])).toEqual([wanted]);
		}),
	);
});

const plain = { ID: 'r', Status: 'Enabled', Filter: { Prefix: 'a/' }, Expiration: { Days: 1 } };

it.each([
	['that is for every object and does nothing', { ...plain, Filter: {}, Expiration: undefined }],
	['of the older form', { ...plain, Filter: undefined, Prefix: 'a/' }],
	['by tags', { ...plain, Filter: { Tag: { Key: 'a', Value: 'b' } } }],
	['that moves objects', { ...plain, Transition: { Days: 1 } }],
	['without an id', { ...plain, ID: undefined }],
])('does not show a rule %s as another one', (_what, written) => {
	expect(fromGarageLifecycle([written])).toBeNull();
});
