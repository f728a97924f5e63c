import { describe, expect, it } from 'vitest';
import { m } from '$lib/i18n/generated/messages';
import { hasNothingLeft, whyBusy, whyIdle } from './service';

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

describe('what keeps a server from being asked anything', () => {
	const operation = { id: 'op_a', kind: 'service.restart' } as const;

	it('is nothing, the work that is done with it, or Docker', () => {
		expect(whyBusy({ status: 'stopped', operation: null })).toBeUndefined();
		expect(whyBusy({ status: 'working', operation })).toBe(m.service_busy_reason());
		expect(whyBusy({ status: 'unknown', operation: null })).toBe(m.service_unseen_reason());
	});
});

it('a server whose data are lost has something left when those from before its upgrade are kept', () => {
	const formerData = { endedAt: new Date(0), keptUntil: new Date(1) };
	expect(hasNothingLeft({ status: 'data_lost', formerData: null })).toBe(true);
	expect(hasNothingLeft({ status: 'data_lost', formerData })).toBe(false);
	expect(hasNothingLeft({ status: 'stopped', formerData: null })).toBe(false);
});
