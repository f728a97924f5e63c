/** Runs one change after another: two at a time could each undo what the other has just read. */
export function oneAtATime(): <T>(run: () => Promise<T>) => Promise<T> {
	let last: Promise<unknown> = Promise.resolve();
	return (run) => {
		const turn = last.then(run);
		last = turn.catch(() => undefined);
		return turn;
	};
}
