import { z } from 'zod';
import {
	corsRuleSchema,
	lifecycleRuleSchema,
	type CorsRule,
	type LifecycleRule,
} from '$lib/shared/storage-rules';

/** How the server writes a CORS rule. */
const garageCorsSchema = z
	.strictObject({
		ID: z.string().nullish(),
		AllowedOrigin: z.array(z.string()),
		AllowedMethod: z.array(z.string()),
		AllowedHeader: z.array(z.string()).default([]),
		ExposeHeader: z.array(z.string()).default([]),
		MaxAgeSeconds: z.number().nullish(),
	})
	.transform((rule) => ({
		origins: rule.AllowedOrigin,
		methods: rule.AllowedMethod,
		allowedHeaders: rule.AllowedHeader,
		exposedHeaders: rule.ExposeHeader,
		maxAgeSeconds: rule.MaxAgeSeconds ?? null,
	}));

const conditionsSchema = z.strictObject({
	Prefix: z.string().nullish(),
	ObjectSizeGreaterThan: z.number().nullish(),
	ObjectSizeLessThan: z.number().nullish(),
});
const filterSchema = conditionsSchema.extend({ And: conditionsSchema.nullish() });

/** How the server writes a lifecycle rule: unknown fields are refused, since they might mean something that is not shown. */
const garageLifecycleSchema = z
	.strictObject({
		ID: z.string().nullish(),
		Status: z.enum(['Enabled', 'Disabled']),
		Filter: filterSchema.nullish(),
		Expiration: z.strictObject({ Days: z.number().nullish(), Date: z.string().nullish() }).nullish(),
		AbortIncompleteMultipartUpload: z.strictObject({ DaysAfterInitiation: z.number() }).nullish(),
	})
	.transform((rule): LifecycleRule => {
		const { And, ...plain } = rule.Filter ?? {};
		const filter = And ?? plain;
		return {
			id: rule.ID ?? '',
			isEnabled: rule.Status === 'Enabled',
			prefix: filter.Prefix ?? null,
			largerThanBytes: filter.ObjectSizeGreaterThan ?? null,
			smallerThanBytes: filter.ObjectSizeLessThan ?? null,
			expireAfterDays: rule.Expiration?.Days ?? null,
			expireOn: rule.Expiration?.Date?.slice(0, 10) ?? null,
			abortUploadsAfterDays: rule.AbortIncompleteMultipartUpload?.DaysAfterInitiation ?? null,
			expireVersionsAfterDays: null,
		};
	});

/** A CORS rule as the server takes it. */
export function toGarageCors(rule: CorsRule): object {
	return {
		AllowedOrigin: rule.origins,
		AllowedMethod: rule.methods,
		AllowedHeader: rule.allowedHeaders,
		ExposeHeader: rule.exposedHeaders,
		...(rule.maxAgeSeconds === null ? {} : { MaxAgeSeconds: rule.maxAgeSeconds }),
	};
}

/** A rule as the server takes it. What it does not know it drops without a word, and then covers every object: only what it keeps is said. */
export function toGarageLifecycle(rule: LifecycleRule): object {
	const conditions = {
		...(rule.prefix === null ? {} : { Prefix: rule.prefix }),
		...(rule.largerThanBytes === null ? {} : { ObjectSizeGreaterThan: rule.largerThanBytes }),
		...(rule.smallerThanBytes === null ? {} : { ObjectSizeLessThan: rule.smallerThanBytes }),
	};
	const isOne = Object.keys(conditions).length <= 1;
	return {
		ID: rule.id,
		Status: rule.isEnabled ? 'Enabled' : 'Disabled',
		Filter: isOne ? conditions : { And: conditions },
		...(rule.expireAfterDays === null ? {} : { Expiration: { Days: rule.expireAfterDays } }),
		...(rule.expireOn === null ? {} : { Expiration: { Date: rule.expireOn } }),
		...(rule.abortUploadsAfterDays === null
			? {}
			: { AbortIncompleteMultipartUpload: { DaysAfterInitiation: rule.abortUploadsAfterDays } }),
	};
}

/** The server's CORS rules; those that cannot be shown, made by an app's own means, are left out. */
export function fromGarageCors(rules: unknown[]): CorsRule[] {
	return rules.flatMap((rule) => {
		const read = garageCorsSchema.pipe(corsRuleSchema).safeParse(rule);
		return read.success ? [read.data] : [];
	});
}

/** The server's lifecycle rules, or null when one of them cannot be shown as what it does. */
export function fromGarageLifecycle(rules: unknown[]): LifecycleRule[] | null {
	const read = z.array(garageLifecycleSchema.pipe(lifecycleRuleSchema)).safeParse(rules);
	return read.success ? read.data : null;
}
