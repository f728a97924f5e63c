import { describe, expect, it } from 'vitest';
import { m } from '$lib/i18n/generated/messages';
import { whyIdle } from './service';

describe('what keeps a server from being upgraded or given a new password', () => {
	it('is nothing while it is meant to run', () => {
		expect(whyIdle({ status: 'running', desiredState: 'running' })).toBeUndefined();
		expect(whyIdle({ status: 'unhealthy', desiredState: 'running' })).toBeUndefined();
	});

	it('is that it is stopped, which a person can change', () => {
		expect(whyIdle({ status: 'stopped', desiredState: 'stopped' })).toBe(m.settings_rotate_needs_running());
	});

	it('is Docker before anything else: without it nothing can be started', () => {
		expect(whyIdle({ status: 'unknown', desiredState: 'stopped' })).toBe(m.service_unseen_reason());
		expect(whyIdle({ status: 'unknown', desiredState: 'running' })).toBe(m.service_unseen_reason());
	});
});
