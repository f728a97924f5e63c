import { z } from 'zod';
import { byteLength, hasControlCharacter, isWellFormed } from './database-names';

export const corsMethods = ['GET', 'HEAD', 'PUT', 'POST', 'DELETE'] as const;

/** Every origin, or a scheme and host, with at most one `*` in it. */
const origin = z
	.string()
	.max(255)
	.regex(/^(?:\*|https?:\/\/(?=[^*]*\*?[^*]*$)[a-z0-9*](?:[a-z0-9*.-]*[a-z0-9*])?(?::\d{1,5})?)$/);

/** The name of a header as RFC 9110 spells it. */
const headerName = z
	.string()
	.max(100)
	.regex(/^[A-Za-z0-9-]+$/);

/** All headers, or those that begin so. */
const headerPattern = z
	.string()
	.max(100)
	.regex(/^(?:\*|[A-Za-z0-9-]+\*?)$/);

/** Which web pages may use a bucket from a browser, and how. */
export const corsRuleSchema = z.strictObject({
	origins: z.array(origin).min(1).max(20),
	methods: z.array(z.enum(corsMethods)).min(1).max(corsMethods.length),
	allowedHeaders: z.array(headerPattern).max(20),
	exposedHeaders: z.array(headerName).max(20),
	/** How long a browser may remember the answer. */
	maxAgeSeconds: z.number().int().min(0).max(86_400).nullable(),
});
export type CorsRule = z.infer<typeof corsRuleSchema>;

export const corsRulesSchema = z.array(corsRuleSchema).max(20);

const MAX_PREFIX_BYTES = 1_024;
const days = z.number().int().min(1).max(36_500);
const bytes = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);

/** A plain beginning of keys: an empty one would be every object, which is said by null instead. */
const prefix = z
	.string()
	.min(1)
	.refine((text) => isWellFormed(text) && !hasControlCharacter(text) && byteLength(text) <= MAX_PREFIX_BYTES);

/** True for a day that the calendar has, written as YYYY-MM-DD. */
function isDay(text: string): boolean {
	const date = new Date(`${text}T00:00:00Z`);
	return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text);
}

/**
 * What is removed by itself, and of which objects. There are no more fields than every engine keeps exactly as they are: rules by tags and
 * those of the older form are taken by some engines as rules for all objects.
 */
export const lifecycleRuleSchema = z
	.strictObject({
		/** Tells it from the bucket's other rules. */
		id: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9 ._-]{0,63}$/),
		isEnabled: z.boolean(),
		/** Null: every object. */
		prefix: prefix.nullable(),
		/** Only objects that are larger, or smaller, than so many bytes. */
		largerThanBytes: bytes.nullable(),
		smallerThanBytes: bytes.min(1).nullable(),
		/** Removes objects so many days after they were written, or all on a day (YYYY-MM-DD, UTC). */
		expireAfterDays: days.nullable(),
		expireOn: z
			.string()
			.regex(/^\d{4}-\d{2}-\d{2}$/)
			.refine(isDay)
			.nullable(),
		/** Removes uploads that were begun so many days ago and never finished. */
		abortUploadsAfterDays: days.nullable(),
		/** Removes former versions so many days after they were replaced. */
		expireVersionsAfterDays: days.nullable(),
	})
	.refine((rule) => rule.expireAfterDays === null || rule.expireOn === null, { path: ['expireOn'] })
	.refine(doesSomething, { path: ['expireAfterDays'] })
	.refine((rule) => hasSize(rule), { path: ['smallerThanBytes'] })
	// Unfinished uploads have no size yet.
	.refine((rule) => rule.abortUploadsAfterDays === null || !isBySize(rule), {
		path: ['abortUploadsAfterDays'],
	});
export type LifecycleRule = z.infer<typeof lifecycleRuleSchema>;

type Sizes = { largerThanBytes: number | null; smallerThanBytes: number | null };

/** True for a rule that is for objects of some sizes only. */
export function isBySize({ largerThanBytes, smallerThanBytes }: Sizes): boolean {
	return largerThanBytes !== null || smallerThanBytes !== null;
}

/** False when no object can be larger than the one and smaller than the other. */
function hasSize({ largerThanBytes, smallerThanBytes }: Sizes): boolean {
	return largerThanBytes === null || smallerThanBytes === null || smallerThanBytes - largerThanBytes > 1;
}

type Acts = {
	expireAfterDays: number | null;
	expireOn: string | null;
	abortUploadsAfterDays: number | null;
	expireVersionsAfterDays: number | null;
};

function doesSomething(rule: Acts): boolean {
	const { expireAfterDays, expireOn, abortUploadsAfterDays, expireVersionsAfterDays } = rule;
	return [expireAfterDays, expireOn, abortUploadsAfterDays, expireVersionsAfterDays].some(
		(act) => act !== null,
	);
}

export const lifecycleRulesSchema = z
	.array(lifecycleRuleSchema)
	.max(100)
	.refine((rules) => new Set(rules.map((rule) => rule.id)).size === rules.length);
