import { expect, it } from 'vitest';
import { RateLimit } from './rate-limit';

it('bounds knocks of one address and of all together, by the minute', () => {
	const limit = new RateLimit({ perAddress: 2, total: 4 });
	const at = 1_000_000;
	expect(limit.take('192.0.2.1', { now: at })).toBeNull();
	expect(limit.take('192.0.2.1', { now: at })).toBeNull();
	expect(limit.take('192.0.2.1', { now: at + 1000 })).toBe(59);
	expect(limit.take('192.0.2.2', { now: at })).toBeNull();
	expect(limit.take('192.0.2.3', { now: at })).toBe(60);
	expect(limit.take('192.0.2.1', { now: at + 60_000 })).toBeNull();
});

it('takes a /64 of IPv6 for one address', () => {
	const limit = new RateLimit({ perAddress: 1, total: 100 });
	expect(limit.take('2001:db8:0:1::1', { now: 0 })).toBeNull();
	expect(limit.take('2001:db8::1:ffff:0:0:2', { now: 0 })).not.toBeNull();
	expect(limit.take('2001:db8:0:2::1', { now: 0 })).toBeNull();
	expect(limit.take('::1', { now: 0 })).toBeNull();
});

it('bounds the /48 too, which often is one site’s', () => {
	const limit = new RateLimit({ perAddress: 2, total: 100 });
	const passed = Array.from({ length: 12 }, (_, index) => limit.take(`2001:db8:7:${index}::1`, { now: 0 }));
	expect(passed.filter((wait) => wait === null)).toHaveLength(8);
	expect(limit.take('2001:db8:8::1', { now: 0 })).toBeNull();
});

it('keeps a third for browsers that have signed in before', () => {
	const limit = new RateLimit({ perAddress: 60, total: 9 });
	const knock = (index: number, isKnown: boolean) => limit.take(`192.0.2.${index}`, { now: 0, isKnown });
	const strangers = Array.from({ length: 9 }, (_, index) => knock(index, false));
	expect(strangers.filter((wait) => wait === null)).toHaveLength(6);
	expect([knock(20, true), knock(20, true), knock(20, true)]).toEqual([null, null, null]);
	expect(knock(20, true)).not.toBeNull();
});
