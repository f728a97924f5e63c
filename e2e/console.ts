import type { BrowserContext } from '@playwright/test';

/** What Chromium itself writes when an answer is no success: the story looks at the answer's effect instead. */
const ofAnswers = [
	/^Failed to load resource: the server responded with a status of/,
	// A socket is cut with its session, and is not let in again.
	/^WebSocket connection to .* failed: HTTP Authentication failed/,
];
const isOfAnAnswer = (text: string) => ofAnswers.some((known) => known.test(text));

/** Adds to `errors` what pages of a context write to the console as errors or throw, from now on. */
export function collectErrors(context: BrowserContext, errors: string[]): void {
	context.on('console', (message) => {
		if (message.type() === 'error' && !isOfAnAnswer(message.text()))
			errors.push(`${message.page()?.url() ?? ''}: ${message.text()}`);
	});
	context.on('weberror', (thrown) => errors.push(`${thrown.page()?.url() ?? ''}: ${thrown.error().message}`));
}
