import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import {
	actionsOfRights,
	byBucket,
	noRights,
	POLICY_VERSION,
	resourcesOf,
	rights,
	toSecond,
	type Right,
} from '../s3-family/rights';
import type { BucketPermission, StorageKeyInfo } from '../storage';

/**
 * A key is an account with one policy of its own, which says all there is to know about it: the description is the policy's id, the end a
 * condition on the time, and each right in a bucket one statement.
 */

const statementSchema = z.object({
	Sid: z.string().optional(),
	Effect: z.enum(['Allow', 'Deny']),
	Action: z.array(z.string()),
	Resource: z.array(z.string()).optional(),
	Condition: z.unknown().optional(),
});
export const policySchema = z.object({
	ID: z.string().optional(),
	Version: z.string(),
	Statement: z.array(statementSchema),
});
type Statement = z.infer<typeof statementSchema>;
export type KeyPolicy = z.infer<typeof policySchema>;

type Facts = Pick<StorageKeyInfo, 'description' | 'expiresAt' | 'permissions'>;

const NAME_PREFIX = 'sh0-key-';
const END = 'end';

const actions = actionsOfRights();

/** Every account may otherwise change its own secret and make more accounts of its kind. */
const limits: Statement = { Sid: 'limits', Effect: 'Deny', Action: ['admin:*'] };

function end(expiresAt: Date): Statement {
	return {
		Sid: END,
		Effect: 'Deny',
		Action: ['s3:*'],
		Resource: ['arn:aws:s3:::*'],
		Condition: { DateGreaterThanEquals: { 'aws:CurrentTime': [toSecond(expiresAt)] } },
	};
}

function grant(bucket: string, right: Right): Statement {
	return {
		Sid: `${right}:${bucket}`,
		Effect: 'Allow',
		Action: actions[right],
		Resource: resourcesOf(bucket),
	};
}

/** Name of a key's policy. */
export function policyNameOf(id: string): string {
	return `${NAME_PREFIX}${id}`;
}

/** The key whose policy this is, or null when it is none's. */
export function keyOfPolicy(name: string): string | null {
	return name.startsWith(NAME_PREFIX) ? name.slice(NAME_PREFIX.length) : null;
}

export function policyOf({ description, expiresAt, permissions }: Facts): KeyPolicy {
	const grants = permissions.flatMap((permission) =>
		rights.filter((right) => permission[right]).map((right) => grant(permission.bucket, right)),
	);
	return {
		...(description === '' ? {} : { ID: description }),
		Version: POLICY_VERSION,
		Statement: [limits, ...(expiresAt ? [end(expiresAt)] : []), ...grants],
	};
}

const conditionSchema = z.object({
	DateGreaterThanEquals: z.object({ 'aws:CurrentTime': z.array(z.string()).length(1) }),
});

function endOf(policy: KeyPolicy): Date | null {
	const condition = policy.Statement.find((statement) => statement.Sid === END)?.Condition;
	const read = conditionSchema.safeParse(condition);
	const moment = read.success ? new Date(read.data.DateGreaterThanEquals['aws:CurrentTime'][0] ?? '') : null;
	return moment && !Number.isNaN(moment.getTime()) ? moment : null;
}

/** What tells one statement from another, whatever order its parts are in. */
function sorted(statements: Statement[]): unknown[] {
	return statements
		.map(({ Sid = '', Effect, Action, Resource = [], Condition }) => ({
			...{ Sid, Effect, Action: [...Action].sort(), Resource: [...Resource].sort() },
			Condition: JSON.stringify(Condition ?? null),
		}))
		.sort((a, b) => (a.Sid < b.Sid ? -1 : 1));
}

/** What a policy says; a statement that is not exactly one of ours is a right that cannot be shown. */
export function factsOf(policy: KeyPolicy): Facts & { hasOtherRights: boolean } {
	const found = new Map<string, BucketPermission>();
	for (const { Sid = '' } of policy.Statement) {
		const [, right, bucket] = /^(read|write|owner):([a-z0-9.-]+)$/.exec(Sid) ?? [];
		const known = rights.find((one) => one === right);
		if (known === undefined || bucket === undefined) continue;
		const permission = found.get(bucket) ?? noRights;
		found.set(bucket, { ...permission, [known]: true });
	}
	const facts: Facts = {
		description: policy.ID ?? '',
		expiresAt: endOf(policy),
		permissions: byBucket([...found].map(([bucket, permission]) => ({ bucket, ...permission }))),
	};
	const hasOtherRights = !isDeepStrictEqual(sorted(policyOf(facts).Statement), sorted(policy.Statement));
	return { ...facts, hasOtherRights };
}
