import { expect, it } from 'vitest';
import { RateLimit } from './rate-limit';

it('bounds knocks of one address and of all together, by the minute', () => {
	const limit = new RateLimit({ perAddress: 2, total: 3 });
	const at = 1_000_000;
	expect(limit.take('192.0.2.1', at)).toBeNull();
	expect(limit.take('192.0.2.1', at)).toBeNull();
	expect(limit.take('192.0.2.1', at + 1000)).toBe(59);
	expect(limit.take('192.0.2.2', at)).toBeNull();
	expect(limit.take('192.0.2.3', at)).toBe(60);
	expect(limit.take('192.0.2.1', at + 60_000)).toBeNull();
});

it('takes a /64 of IPv6 for one address', () => {
	const limit = new RateLimit({ perAddress: 1, total: 100 });
	expect(limit.take('2001:db8:0:1::1', 0)).toBeNull();
	expect(limit.take('2001:db8::1:ffff:0:0:2', 0)).not.toBeNull();
	expect(limit.take('2001:db8:0:2::1', 0)).toBeNull();
	expect(limit.take('::1', 0)).toBeNull();
});
