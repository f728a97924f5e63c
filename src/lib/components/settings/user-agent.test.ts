import { describe, expect, it } from 'vitest';
import { deviceOf } from './user-agent';

const windows = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)';

describe('deviceOf', () => {
	it.each([
		[`${windows} Chrome/142.0.0.0 Safari/537.36`, 'Chrome', 'Windows', false],
		[`${windows} Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0`, 'Edge', 'Windows', false],
		['Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0', 'Firefox', 'Linux', false],
		[
			'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.0 Safari/605.1.15',
			'Safari',
			'macOS',
			false,
		],
		[
			'Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.0 Mobile/15E148 Safari/604.1',
			'Safari',
			'iPhone',
			true,
		],
		[
			'Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36',
			'Chrome',
			'Android',
			true,
		],
		['curl/8.5.0', 'curl', null, false],
		['', null, null, false],
	])('reads %s', (userAgent, browser, system, isMobile) => {
		expect(deviceOf(userAgent)).toEqual({ browser, system, isMobile });
	});
});
