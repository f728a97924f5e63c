import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { loginAttempts } from '../db/schema';
import { isAppError } from '../errors';
import { openTestDatabase } from '../db/testing';
import { LoginThrottle } from './throttle';

const email = 'ada@example.org';
let database: ReturnType<typeof openTestDatabase>;
let throttle: LoginThrottle;

beforeEach(() => {
	vi.useFakeTimers({ toFake: ['Date'], now: new Date('2026-01-01T00:00:00Z') });
	database = openTestDatabase();
	throttle = new LoginThrottle(database.db);
});
afterEach(() => {
	vi.useRealTimers();
	database.remove();
});

const passSeconds = (seconds: number) => vi.setSystemTime(Date.now() + seconds * 1000);

function secondsToWait(deviceToken: string | null = null): number {
	try {
		throttle.begin(email, deviceToken).forgive();
		return 0;
	} catch (error) {
		if (!isAppError(error, 'THROTTLED')) throw error;
		return Number(error.details['retryAfterSeconds']);
	}
}

function fail(times: number, deviceToken: string | null = null): void {
	for (let count = 0; count < times; count += 1) throttle.begin(email, deviceToken);
}

describe('LoginThrottle', () => {
	it('lets five tries pass, then makes one wait twice as long each time, 15 minutes at most', () => {
		fail(5);
		const waits: number[] = [];
		for (let count = 0; count < 12; count += 1) {
			const wait = secondsToWait();
			waits.push(wait);
			passSeconds(wait);
			fail(1);
		}
		expect(waits).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900]);
	});

	it('counts a try before it is verified, so tries at the same time do not slip through', () => {
		const begun = Array.from({ length: 20 }, () => {
			try {
				throttle.begin(email, null);
				return 'let in';
			} catch {
				return 'refused';
			}
		});
		expect(begun.filter((answer) => answer === 'let in')).toHaveLength(5);
	});

	it('keeps its counts over a restart', () => {
		fail(5);
		throttle = new LoginThrottle(database.db);
		expect(secondsToWait()).toBeGreaterThan(0);
	});

	it('starts anew after a success and does not count a forgiven try', () => {
		fail(4);
		throttle.begin(email, null).succeed();
		fail(4);
		expect(secondsToWait()).toBe(0);
		expect(secondsToWait()).toBe(0);
	});

	it('does not unblock an account by a forgiven try after many failures', () => {
		fail(5);
		passSeconds(1);
		fail(1);
		passSeconds(2);
		throttle.begin(email, null).forgive();
		expect(secondsToWait()).toBeGreaterThan(0);
	});

	it('counts accounts apart', () => {
		fail(5);
		expect(() => throttle.begin('grace@example.org', null)).not.toThrow();
	});

	it("does not lock a browser out that signed in before, and counts that browser's own tries", () => {
		const device = throttle.rememberDevice(email, null);
		fail(5);
		expect(secondsToWait()).toBeGreaterThan(0);
		expect(secondsToWait(device)).toBe(0);
		fail(5, device);
		expect(secondsToWait(device)).toBeGreaterThan(0);
		passSeconds(1);
		throttle.begin(email, device).succeed();
		expect(throttle.isKnownDevice(email, device)).toBe(true);
	});

	it('gives a made-up device and another account’s device nothing', () => {
		const foreign = throttle.rememberDevice('grace@example.org', null);
		fail(5);
		expect(secondsToWait('made-up')).toBeGreaterThan(0);
		expect(secondsToWait(foreign)).toBeGreaterThan(0);
	});

	it('stores neither e-mail nor device token', () => {
		const device = throttle.rememberDevice(email, null);
		fail(1);
		const stored = JSON.stringify(database.db.select().from(loginAttempts).all());
		expect(stored).not.toContain(email);
		expect(stored).not.toContain(device);
	});

	it('forgets failures after a day and devices after half a year', () => {
		const device = throttle.rememberDevice(email, null);
		fail(3);
		passSeconds(25 * 3600);
		throttle.purge();
		expect(database.db.select().from(loginAttempts).all()).toHaveLength(2);
		expect(throttle.isKnownBrowser(device)).toBe(true);
		expect(throttle.isKnownBrowser(`${device}x`)).toBe(false);
		expect(throttle.isKnownDevice(email, device)).toBe(true);
		passSeconds(181 * 24 * 3600);
		throttle.purge();
		expect(throttle.isKnownDevice(email, device)).toBe(false);
	});
});
