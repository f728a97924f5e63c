/** Runs one change after another: each reads what is there and then changes it by several steps, so two at a time could meet in between. */
export function oneAtATime(): <T>(run: () => Promise<T>) => Promise<T> {
	let last: Promise<unknown> = Promise.resolve();
	return (run) => {
		const turn = last.then(run);
		last = turn.catch(() => undefined);
		return turn;
	};
}
