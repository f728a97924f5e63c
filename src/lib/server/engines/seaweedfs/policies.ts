import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { isPublicPolicy } from '../s3-family/bucket-settings';
import {
	actionsOfRights,
	hasAnyRight,
	noRights,
	POLICY_VERSION,
	publicReadStatement,
	resourcesOf,
	rights,
	toSecond,
	type Right,
} from '../s3-family/rights';
import type { BucketPermission } from '../storage';
import { traits } from './capabilities';

/**
 * A bucket's policy says which keys may do what in it, and until when: one statement for each right and end, with all the keys that have it.
 * The policies of accounts could not end by themselves, since the server tells them no time; and a bucket takes its own with it.
 */

export type Grant = BucketPermission & { id: string; expiresAt: Date | null };

export type BucketRights = {
	grants: Grant[];
	isPublicRead: boolean;
	/** Statements that somebody else has made. */
	others: Statement[];
};

const statementSchema = z.record(z.string(), z.unknown());
type Statement = z.infer<typeof statementSchema>;

const policySchema = z.object({
	Statement: z.union([z.array(statementSchema), statementSchema.transform((one) => [one])]),
});

const oursSchema = z.object({
	Sid: z.string(),
	Principal: z.object({ AWS: z.array(z.string()) }),
});

const USERS = 'arn:aws:iam::000000000000:user/';

const actions = actionsOfRights({
	read: ['s3:GetObjectAttributes'],
	// An upload that says who may read it needs it. It opens nothing: ACLs are ignored (bucket-policies.ts).
	write: ['s3:PutObjectAcl'],
	owner: ['s3:DeleteBucketCors', 's3:GetBucketCors', 's3:PutBucketCors'],
});

const SID = /^sh0-(read|write|owner)(?:-until-(.+))?$/;

/**
 * The server matches a statement with an end line by line, unlike one without: its `*` stops at a line break, so that keys with some are
 * resources of their own.
 */
function linesOf(bucket: string): string[] {
	const count = traits.maxKeyLineBreaks ?? 0;
	return Array.from({ length: count }, (_, index) => `arn:aws:s3:::${bucket}/*${'\n*'.repeat(index + 1)}`);
}

function statementOf(
	bucket: string,
	{ right, end, ids }: { right: Right; end: string; ids: string[] },
): Statement {
	return {
		Sid: end === '' ? `sh0-${right}` : `sh0-${right}-until-${end}`,
		Effect: 'Allow',
		Principal: { AWS: ids.toSorted().map((id) => USERS + id) },
		Action: actions[right],
		Resource: end === '' ? resourcesOf(bucket) : [...resourcesOf(bucket), ...linesOf(bucket)],
		...(end === '' ? {} : { Condition: { DateLessThan: { 'aws:CurrentTime': end } } }),
	};
}

/** The statement's right, end and keys, if it is exactly one of ours. */
function readStatement(bucket: string, statement: Statement): Grant[] | null {
	const { success, data } = oursSchema.safeParse(statement);
	if (!success) return null;
	const [, name, end = ''] = SID.exec(data.Sid) ?? [];
	const right = rights.find((one) => one === name);
	if (right === undefined || !data.Principal.AWS.every((arn) => arn.startsWith(USERS))) return null;
	const ids = data.Principal.AWS.map((arn) => arn.slice(USERS.length));
	if (!isDeepStrictEqual(statement, statementOf(bucket, { right, end, ids }))) return null;
	const expiresAt = end === '' ? null : new Date(end);
	return ids.map((id) => ({ id, ...noRights, [right]: true, expiresAt }));
}

function merged(grants: Grant[]): Grant[] {
	const byId = new Map<string, Grant>();
	for (const grant of grants) {
		const { read, write, owner } = byId.get(grant.id) ?? grant;
		byId.set(grant.id, {
			...grant,
			...{ read: read || grant.read, write: write || grant.write, owner: owner || grant.owner },
		});
	}
	return [...byId.values()];
}

/** What a bucket's policy says; null: it has none. Throws an Error for a text that is no policy. */
export function readPolicy(bucket: string, text: string | null): BucketRights {
	const statements = text === null ? [] : policySchema.parse(JSON.parse(text)).Statement;
	const grants: Grant[] = [];
	const others: Statement[] = [];
	let isPublicRead = false;
	for (const statement of statements) {
		const read = readStatement(bucket, statement);
		if (read) grants.push(...read);
		else if (isDeepStrictEqual(statement, publicReadStatement(bucket))) isPublicRead = true;
		else others.push(statement);
	}
	return { grants: merged(grants), isPublicRead, others };
}

/** The policy that says this, or null when it would say nothing. */
export function writePolicy(bucket: string, { grants, isPublicRead, others }: BucketRights): string | null {
	const byRightAndEnd = new Map<string, { right: Right; end: string; ids: string[] }>();
	for (const grant of grants)
		for (const right of rights.filter((one) => grant[one])) {
			const end = grant.expiresAt ? toSecond(grant.expiresAt) : '';
			const entry = byRightAndEnd.get(`${right} ${end}`) ?? { right, end, ids: [] };
			byRightAndEnd.set(`${right} ${end}`, { ...entry, ids: [...entry.ids, grant.id] });
		}
	const ours = [...byRightAndEnd.values()].map((entry) => statementOf(bucket, entry));
	const Statement = [...ours, ...(isPublicRead ? [publicReadStatement(bucket)] : []), ...others];
	return Statement.length === 0 ? null : JSON.stringify({ Version: POLICY_VERSION, Statement });
}

/** Lets everybody read the bucket's objects, or nobody do anything. */
export function withPublicRead(current: BucketRights, isPublicRead: boolean): BucketRights {
	const others = current.others.filter((statement) => !isOpen(statement));
	return { ...current, isPublicRead, others: isPublicRead ? current.others : others };
}

function isOpen(statement: Statement): boolean {
	return isPublicPolicy(JSON.stringify({ Statement: [statement] }));
}

/** True when somebody may do something without a key. */
export function isPublic({ isPublicRead, others }: BucketRights): boolean {
	return isPublicRead || others.some(isOpen);
}

/** Makes a key's rights exactly these; without any it is named no more. */
export function withGrant(current: BucketRights, grant: Grant): BucketRights {
	const grants = current.grants.filter(({ id }) => id !== grant.id);
	return { ...current, grants: hasAnyRight(grant) ? [...grants, grant] : grants };
}

/** True when somebody else's statement names the key. */
export function isNamedByOthers({ others }: BucketRights, id: string): boolean {
	return others.some((statement) => JSON.stringify(statement).includes(`${USERS}${id}"`));
}
