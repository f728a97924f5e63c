import { describe, expect, it } from 'vitest';
import { closingLine, countPlaywright, countVitest, judge, sum } from './counts.js';

const passed = { status: 'passed' };

describe('countVitest', () => {
	it('adds todo to skipped', () => {
		const report = {
			numPassedTests: 5,
			numFailedTests: 1,
			numPendingTests: 2,
			numTodoTests: 1,
			testResults: [],
		};
		expect(countVitest(report)).toEqual({ passed: 5, failed: 1, skipped: 3 });
	});

	it('counts a file that could not be loaded as a failure', () => {
		const testResults = [
			{ status: 'passed', assertionResults: [passed] },
			{ status: 'failed', assertionResults: [] },
			{ status: 'failed', assertionResults: [{ status: 'failed' }] },
		];
		expect(countVitest({ numPassedTests: 1, numFailedTests: 1, testResults })).toEqual({
			passed: 1,
			failed: 2,
			skipped: 0,
		});
	});
});

describe('countPlaywright', () => {
	it('counts a flaky test as failed', () => {
		const stats = { expected: 7, unexpected: 1, flaky: 2, skipped: 3 };
		expect(countPlaywright({ stats, errors: [] })).toEqual({ passed: 7, failed: 3, skipped: 3 });
	});

	it('counts an error outside of any test', () => {
		const stats = { expected: 0, unexpected: 0, flaky: 0, skipped: 0 };
		expect(countPlaywright({ stats, errors: [{ message: 'no config' }] }).failed).toBe(1);
	});
});

describe('judge', () => {
	it('fails a ring without a report', () => {
		expect(judge(undefined, true)).toEqual({ passed: 0, failed: 1, skipped: 0 });
	});

	it('fails a ring that ended badly though all its tests passed', () => {
		expect(judge({ passed: 4, failed: 0, skipped: 0 }, false)).toEqual({ passed: 4, failed: 1, skipped: 0 });
	});

	it('fails a ring in which everything was skipped', () => {
		expect(judge({ passed: 0, failed: 0, skipped: 9 }, true)).toEqual({ passed: 0, failed: 1, skipped: 9 });
	});

	it('leaves good and failed counts as they are', () => {
		expect(judge({ passed: 4, failed: 0, skipped: 1 }, true)).toEqual({ passed: 4, failed: 0, skipped: 1 });
		expect(judge({ passed: 4, failed: 2, skipped: 0 }, false)).toEqual({ passed: 4, failed: 2, skipped: 0 });
	});
});

describe('closingLine', () => {
	it('is the sum over all rings', () => {
		const total = sum([
			{ passed: 1, failed: 0, skipped: 2 },
			{ passed: 10, failed: 1, skipped: 0 },
		]);
		expect(closingLine(total)).toBe('11 passed, 1 failed, 2 skipped');
	});
});
