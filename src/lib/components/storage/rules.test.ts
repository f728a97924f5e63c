import { describe, expect, it } from 'vitest';
import type { CorsRule, LifecycleRule } from '$lib/shared/storage-rules';
import { corsDraft, corsRules, lifecycleDraft, lifecycleRules } from './rules';

const cors: CorsRule = {
	origins: ['https://a.example.com', 'http://localhost:5173'],
	methods: ['GET', 'PUT'],
	allowedHeaders: ['*'],
	exposedHeaders: [],
	maxAgeSeconds: null,
};
const rule: LifecycleRule = {
	...{ id: 'tmp', isEnabled: false, prefix: 'tmp/', expireAfterDays: null, expireOn: '2031-05-17' },
	...{ largerThanBytes: 10, smallerThanBytes: null },
	...{ abortUploadsAfterDays: null, expireVersionsAfterDays: 3 },
};

describe('rules while they are edited', () => {
	it('become the rules that they were made of, what the form does not show too', () => {
		expect(corsRules([corsDraft(cors)])).toEqual([cors]);
		expect(lifecycleRules([lifecycleDraft(rule)])).toEqual([rule]);
	});

	it('are none while something is missing or wrong', () => {
		expect(corsRules([corsDraft()])).toBeUndefined();
		expect(corsRules([{ ...corsDraft(cors), maxAgeSeconds: 'x' }])).toBeUndefined();
		expect(corsRules([{ ...corsDraft(cors), origins: 'example.com' }])).toBeUndefined();
		expect(lifecycleRules([lifecycleDraft()])).toBeUndefined();
		expect(lifecycleRules([{ ...lifecycleDraft(rule), expireVersionsAfterDays: '0' }])).toBeUndefined();
		expect(lifecycleRules([lifecycleDraft(rule), lifecycleDraft(rule)])).toBeUndefined();
	});

	it('are for every object where no beginning is named', () => {
		expect(lifecycleRules([{ ...lifecycleDraft(rule), prefix: '' }])?.[0]?.prefix).toBeNull();
	});
});
