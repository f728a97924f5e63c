/** @typedef {{ passed: number, failed: number, skipped: number }} Counts */

/**
 * What vitest's JSON report says. A file that could not even be loaded has no tests in it and still counts as a failure.
 * @param {unknown} report
 * @returns {Counts}
 */
export function countVitest(report) {
	const { numPassedTests, numFailedTests, numPendingTests, numTodoTests, testResults } =
		/** @type {Record<string, unknown>} */ (report);
	const broken = Array.isArray(testResults)
		? testResults.filter(
				({ status, assertionResults }) => status === 'failed' && !hasFailure(assertionResults),
			)
		: [];
	return {
		passed: number(numPassedTests),
		failed: number(numFailedTests) + broken.length,
		skipped: number(numPendingTests) + number(numTodoTests),
	};
}

/** @param {{ status: string }[]} results */
function hasFailure(results) {
	return results.some(({ status }) => status === 'failed');
}

/**
 * What Playwright's JSON report says. A test that passed only at a second try did not pass.
 * @param {unknown} report
 * @returns {Counts}
 */
export function countPlaywright(report) {
	const { stats, errors } = /** @type {{ stats?: Record<string, unknown>, errors?: unknown[] }} */ (report);
	const failed = number(stats?.unexpected) + number(stats?.flaky);
	return {
		passed: number(stats?.expected),
		failed: failed === 0 ? (errors ?? []).length : failed,
		skipped: number(stats?.skipped),
	};
}

/**
 * A ring that ended badly has failed, whatever its report says or when there is none; and one that ran no test has proved nothing.
 * @param {Counts | undefined} counts
 * @param {boolean} endedWell
 * @returns {Counts}
 */
export function judge(counts, endedWell) {
	if (counts === undefined) return { passed: 0, failed: 1, skipped: 0 };
	const isProof = endedWell && counts.passed + counts.failed > 0;
	return isProof || counts.failed > 0 ? counts : { ...counts, failed: 1 };
}

/** @param {Counts[]} all @returns {Counts} */
export function sum(all) {
	const total = { passed: 0, failed: 0, skipped: 0 };
	for (const counts of all) {
		total.passed += counts.passed;
		total.failed += counts.failed;
		total.skipped += counts.skipped;
	}
	return total;
}

/** @param {Counts} counts */
export function closingLine({ passed, failed, skipped }) {
	return `${passed} passed, ${failed} failed, ${skipped} skipped`;
}

/** @param {unknown} value */
function number(value) {
	return typeof value === 'number' ? value : 0;
}
