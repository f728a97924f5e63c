import { describe, expect, it } from 'vitest';
import {
	corsRuleSchema,
	lifecycleRuleSchema,
	lifecycleRulesSchema,
	type CorsRule,
	type LifecycleRule,
} from './storage-rules';

const cors: CorsRule = {
	origins: ['https://app.example.com'],
	methods: ['GET'],
	allowedHeaders: ['*'],
	exposedHeaders: ['ETag'],
	maxAgeSeconds: 300,
};

const rule: LifecycleRule = {
	id: 'r1',
	isEnabled: true,
	prefix: 'tmp/',
	largerThanBytes: null,
	smallerThanBytes: null,
	expireAfterDays: 7,
	expireOn: null,
	abortUploadsAfterDays: null,
	expireVersionsAfterDays: null,
};

const takesCors = (change: object) => corsRuleSchema.safeParse({ ...cors, ...change }).success;
const takesRule = (change: object) => lifecycleRuleSchema.safeParse({ ...rule, ...change }).success;

describe('corsRuleSchema', () => {
	it.each(['*', 'http://localhost:5173', 'https://*.example.com', 'https://10.0.0.1'])('takes %s', (origin) =>
		expect(takesCors({ origins: [origin] })).toBe(true),
	);

	it.each([
		'',
		'null',
		'example.com',
		'https://*.*.example.com',
		'https://a/b',
		'https://a\nb',
		'javascript://x',
		'https://a b',
		'https://<b>',
		'https://-a',
	])('refuses %j as an origin', (origin) => expect(takesCors({ origins: [origin] })).toBe(false));

	it.each([
		['no origin', { origins: [] }],
		['an unknown method', { methods: ['PATCH'] }],
		['a header with a line break', { allowedHeaders: ['a\r\nb'] }],
		['every header exposed', { exposedHeaders: ['*'] }],
		['a negative age', { maxAgeSeconds: -1 }],
		['an unknown field', { AllowCredentials: true }],
	])('refuses %s', (_what, change) => expect(takesCors(change)).toBe(false));
});

describe('lifecycleRuleSchema', () => {
	it.each([
		['a rule for every object', { prefix: null }],
		['a day', { expireAfterDays: null, expireOn: '2028-02-29' }],
		['sizes', { largerThanBytes: 0, smallerThanBytes: 10 }],
		['unfinished uploads alone', { expireAfterDays: null, abortUploadsAfterDays: 1 }],
		['any prefix that can be typed', { prefix: `a'b"<&é😀/` }],
	])('takes %s', (_what, change) => expect(takesRule(change)).toBe(true));

	it.each([
		['an empty prefix, which would be every object', { prefix: '' }],
		['a prefix that is not given', { prefix: undefined }],
		['no days at all', { expireAfterDays: 0 }],
		['half a day', { expireAfterDays: 0.5 }],
		['nothing to do', { expireAfterDays: null }],
		['days and a day', { expireOn: '2030-01-01' }],
		['a day that is not', { expireAfterDays: null, expireOn: '2027-02-29' }],
		['sizes that no object has', { largerThanBytes: 10, smallerThanBytes: 11 }],
		['unfinished uploads by size', { abortUploadsAfterDays: 1, largerThanBytes: 1 }],
		['a rule by tags', { tag: { key: 'a', value: 'b' } }],
		['the older form', { Prefix: 'old/' }],
		['another storage class', { transition: { days: 1, storageClass: 'COLD' } }],
		['a line break in the prefix', { prefix: 'a\nb' }],
		['half a character', { prefix: '\ud800' }],
		['an id of markup', { id: '<b>' }],
	])('refuses %s', (_what, change) => expect(takesRule(change)).toBe(false));

	it('refuses two rules of the same id', () => {
		expect(lifecycleRulesSchema.safeParse([rule, { ...rule, id: 'r2' }]).success).toBe(true);
		expect(lifecycleRulesSchema.safeParse([rule, rule]).success).toBe(false);
	});
});
