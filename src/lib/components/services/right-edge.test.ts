import { describe, expect, it } from 'vitest';
import { rightEdge } from './right-edge';

describe('the right edge of a chart', () => {
	it('is the newest sample while those come in', () => {
		expect(rightEdge(1_000_000, 5000, 1_012_000)).toBe(1_000_000);
	});

	it('is now once the server is silent', () => {
		expect(rightEdge(1_000_000, 5000, 1_060_000)).toBe(1_060_000);
	});

	it('never lies before the newest sample, though the clock here be behind', () => {
		expect(rightEdge(1_000_000, 5000, 900_000)).toBe(1_000_000);
	});

	it('is now without any sample', () => {
		expect(rightEdge(undefined, 5000, 7)).toBe(7);
	});
});
