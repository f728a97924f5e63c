import fc from 'fast-check';
import { expect, it } from 'vitest';
import { factsOf, keyOfPolicy, policyNameOf, policyOf } from './policies';

const bucket = fc.stringMatching(/^[a-z0-9][a-z0-9-]{1,20}[a-z0-9]$/);
const permission = fc
	.record({ bucket, read: fc.boolean(), write: fc.boolean(), owner: fc.boolean() })
	.filter(({ read, write, owner }) => read || write || owner);
const facts = fc.record({
	description: fc.string({ maxLength: 200 }),
	expiresAt: fc.option(
		fc.integer({ min: 1_500_000_000, max: 4_000_000_000 }).map((second) => new Date(second * 1_000)),
	),
	permissions: fc
		.uniqueArray(permission, { selector: (one) => one.bucket, maxLength: 5 })
		.map((all) => all.toSorted((a, b) => (a.bucket < b.bucket ? -1 : 1))),
});

it('reads back from a policy exactly what it was made from, in whatever order the server keeps it', () => {
	fc.assert(
		fc.property(facts, (wanted) => {
			const policy = policyOf(wanted);
			const kept = {
				...policy,
				Statement: policy.Statement.toReversed().map((statement) => ({
					...statement,
					Action: statement.Action.toReversed(),
				})),
			};
			expect(factsOf(JSON.parse(JSON.stringify(kept)))).toEqual({ ...wanted, hasOtherRights: false });
		}),
	);
});

const plain = policyOf({
	description: 'x',
	expiresAt: null,
	permissions: [{ bucket: 'abc', read: true, write: false, owner: false }],
});

it.each([
	[
		'a statement of somebody else',
		{ Effect: 'Allow' as const, Action: ['s3:*'], Resource: ['arn:aws:s3:::*'] },
	],
	[
		'a statement that says another thing than its name',
		{ Sid: 'read:other', Effect: 'Allow' as const, Action: ['s3:*'], Resource: ['arn:aws:s3:::other'] },
	],
])('shows that there is more in %s', (_what, statement) => {
	const found = factsOf({ ...plain, Statement: [...plain.Statement, statement] });
	expect(found.hasOtherRights).toBe(true);
});

it('shows that a limit was taken away', () => {
	expect(factsOf({ ...plain, Statement: plain.Statement.slice(1) }).hasOtherRights).toBe(true);
});

it('knows whose policy one is', () => {
	expect(keyOfPolicy(policyNameOf('AK1'))).toBe('AK1');
	expect(keyOfPolicy('readwrite')).toBeNull();
});
