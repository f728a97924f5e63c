// Plain JavaScript: server.js uses it, outside the bundle.

/**
 * First the answers, then what they need: the database must not close under a request that is still being answered.
 * @param {{ drained: Promise<unknown>, drainWithinMs: number, stopApp: () => Promise<void> }} parts
 */
export async function stopInOrder({ drained, drainWithinMs, stopApp }) {
	/** @type {NodeJS.Timeout | undefined} */
	let timer;
	const patience = new Promise((resolve) => {
		timer = setTimeout(resolve, drainWithinMs);
	});
	await Promise.race([drained, patience]);
	clearTimeout(timer);
	await stopApp();
}
