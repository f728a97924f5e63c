import {
	DeleteBucketLifecycleCommand,
	DeleteBucketPolicyCommand,
	GetBucketLifecycleConfigurationCommand,
	GetBucketPolicyCommand,
	GetBucketVersioningCommand,
	PutBucketLifecycleConfigurationCommand,
	PutBucketPolicyCommand,
	PutBucketVersioningCommand,
	PutPublicAccessBlockCommand,
	type LifecycleRule as S3Rule,
	type S3Client,
} from '@aws-sdk/client-s3';
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { lifecycleRuleSchema, type LifecycleRule } from '$lib/shared/storage-rules';
import { AppError } from '../../errors';
import { isRefusal, toS3Error } from './client';
import { POLICY_VERSION, publicReadStatement } from './rights';

/** The settings of a bucket that S3 itself has, for engines that keep to it. Each throws AppError. */

/** Lets everybody read the bucket's objects, or nobody. Listing it stays for keys. */
export async function setPublicRead(
	s3: S3Client,
	{ bucket, isPublic }: { bucket: string; isPublic: boolean },
): Promise<void> {
	const Policy = JSON.stringify({ Version: POLICY_VERSION, Statement: [publicReadStatement(bucket)] });
	await setBucketPolicy(s3, bucket, isPublic ? Policy : null);
}

/** Null: the bucket has none. */
export async function getBucketPolicy(s3: S3Client, bucket: string): Promise<string | null> {
	try {
		return (await s3.send(new GetBucketPolicyCommand({ Bucket: bucket }))).Policy ?? null;
	} catch (error) {
		if (isRefusal(error, 'NoSuchBucketPolicy')) return null;
		throw toS3Error(error);
	}
}

/** Null takes it away. */
export async function setBucketPolicy(s3: S3Client, bucket: string, policy: string | null): Promise<void> {
	try {
		if (policy === null) await s3.send(new DeleteBucketPolicyCommand({ Bucket: bucket }));
		else await s3.send(new PutBucketPolicyCommand({ Bucket: bucket, Policy: policy }));
	} catch (error) {
		throw toS3Error(error);
	}
}

/** Lets apps give their objects an ACL, as many do unasked, and lets none open anything: only the bucket's policy does. */
export async function ignoreAcls(s3: S3Client, bucket: string): Promise<void> {
	// Blocking them would refuse the uploads instead.
	const PublicAccessBlockConfiguration = { IgnorePublicAcls: true };
	try {
		await s3.send(new PutPublicAccessBlockCommand({ Bucket: bucket, PublicAccessBlockConfiguration }));
	} catch (error) {
		throw toS3Error(error);
	}
}

const publicPolicySchema = z.object({
	Statement: z.array(
		z.object({
			Effect: z.string(),
			Principal: z
				.union([z.string(), z.object({ AWS: z.union([z.string(), z.array(z.string())]) })])
				.optional(),
		}),
	),
});

/** True when a policy lets anybody do anything: shown as public, whoever made it. */
export function isPublicPolicy(text: string): boolean {
	const policy = publicPolicySchema.safeParse(JSON.parse(text));
	// What cannot be read is not called safe.
	if (!policy.success) return true;
	return policy.data.Statement.some(({ Effect, Principal = '' }) => {
		const who = typeof Principal === 'string' ? Principal : Principal.AWS;
		return Effect === 'Allow' && [who].flat().includes('*');
	});
}

export async function isPublicRead(s3: S3Client, bucket: string): Promise<boolean> {
	const policy = await getBucketPolicy(s3, bucket);
	return policy !== null && isPublicPolicy(policy);
}

export async function isVersionedBucket(s3: S3Client, bucket: string): Promise<boolean> {
	try {
		const { Status } = await s3.send(new GetBucketVersioningCommand({ Bucket: bucket }));
		return Status === 'Enabled';
	} catch (error) {
		throw toS3Error(error);
	}
}

export async function setVersioning(
	s3: S3Client,
	{ bucket, isVersioned }: { bucket: string; isVersioned: boolean },
): Promise<void> {
	const Status = isVersioned ? 'Enabled' : 'Suspended';
	try {
		await s3.send(new PutBucketVersioningCommand({ Bucket: bucket, VersioningConfiguration: { Status } }));
	} catch (error) {
		throw toS3Error(error);
	}
}

/** A rule as S3 has it: several conditions stand in an `And`. */
export function toS3Rule(rule: LifecycleRule): S3Rule {
	const conditions = {
		...(rule.prefix === null ? {} : { Prefix: rule.prefix }),
		...(rule.largerThanBytes === null ? {} : { ObjectSizeGreaterThan: rule.largerThanBytes }),
		...(rule.smallerThanBytes === null ? {} : { ObjectSizeLessThan: rule.smallerThanBytes }),
	};
	const count = Object.keys(conditions).length;
	return {
		ID: rule.id,
		Status: rule.isEnabled ? 'Enabled' : 'Disabled',
		Filter: count === 0 ? { Prefix: '' } : count === 1 ? conditions : { And: conditions },
		...(rule.expireAfterDays === null ? {} : { Expiration: { Days: rule.expireAfterDays } }),
		...(rule.expireOn === null ? {} : { Expiration: { Date: new Date(`${rule.expireOn}T00:00:00Z`) } }),
		...(rule.expireVersionsAfterDays === null
			? {}
			: { NoncurrentVersionExpiration: { NoncurrentDays: rule.expireVersionsAfterDays } }),
		...(rule.abortUploadsAfterDays === null
			? {}
			: { AbortIncompleteMultipartUpload: { DaysAfterInitiation: rule.abortUploadsAfterDays } }),
	};
}

const conditionsSchema = z.strictObject({
	Prefix: z.string().optional(),
	ObjectSizeGreaterThan: z.number().optional(),
	ObjectSizeLessThan: z.number().optional(),
});

/** Strict, since what is not known might mean something that is not shown. */
const s3RuleSchema = z
	.strictObject({
		ID: z.string().default(''),
		Status: z.enum(['Enabled', 'Disabled']),
		Filter: conditionsSchema.extend({ And: conditionsSchema.optional() }).optional(),
		Expiration: z.strictObject({ Days: z.number().optional(), Date: z.date().optional() }).optional(),
		NoncurrentVersionExpiration: z.strictObject({ NoncurrentDays: z.number() }).optional(),
		AbortIncompleteMultipartUpload: z.strictObject({ DaysAfterInitiation: z.number() }).optional(),
	})
	.transform(({ Filter, ...rule }): LifecycleRule => {
		const { And, ...plain } = Filter ?? {};
		const filter = And ?? plain;
		return {
			id: rule.ID,
			isEnabled: rule.Status === 'Enabled',
			prefix: filter.Prefix || null,
			// An engine may write zero where nothing was said.
			largerThanBytes: filter.ObjectSizeGreaterThan || null,
			smallerThanBytes: filter.ObjectSizeLessThan || null,
			expireAfterDays: rule.Expiration?.Days || null,
			expireOn: rule.Expiration?.Date?.toISOString().slice(0, 10) ?? null,
			abortUploadsAfterDays: rule.AbortIncompleteMultipartUpload?.DaysAfterInitiation ?? null,
			expireVersionsAfterDays: rule.NoncurrentVersionExpiration?.NoncurrentDays ?? null,
		};
	});

/** The rules, or null when one of them cannot be shown as what it does. */
export function fromS3Rules(rules: unknown[]): LifecycleRule[] | null {
	const read = z.array(s3RuleSchema.pipe(lifecycleRuleSchema)).safeParse(rules);
	return read.success ? read.data : null;
}

export async function getLifecycle(s3: S3Client, bucket: string): Promise<LifecycleRule[] | null> {
	try {
		const { Rules } = await s3.send(new GetBucketLifecycleConfigurationCommand({ Bucket: bucket }));
		return fromS3Rules(Rules ?? []);
	} catch (error) {
		if (isRefusal(error, 'NoSuchLifecycleConfiguration')) return [];
		throw toS3Error(error);
	}
}

async function writeLifecycle(s3: S3Client, bucket: string, rules: LifecycleRule[]): Promise<void> {
	try {
		if (rules.length === 0) await s3.send(new DeleteBucketLifecycleCommand({ Bucket: bucket }));
		else
			await s3.send(
				new PutBucketLifecycleConfigurationCommand({
					Bucket: bucket,
					LifecycleConfiguration: { Rules: rules.map(toS3Rule) },
				}),
			);
	} catch (error) {
		throw toS3Error(error);
	}
}

/** As `StorageAdmin.lifecycle.set`. */
export async function setLifecycle(s3: S3Client, bucket: string, rules: LifecycleRule[]): Promise<void> {
	await writeLifecycle(s3, bucket, rules);
	if (isDeepStrictEqual(await getLifecycle(s3, bucket), rules)) return;
	await writeLifecycle(s3, bucket, []);
	throw new AppError('SETTING_REFUSED', { details: { key: 'lifecycle' } });
}
