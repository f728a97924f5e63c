import { AppError } from '../errors';

/** Runs each when its turn has come. */
export type Turns = <T>(run: () => Promise<T>) => Promise<T>;

/** Runs one change after another: each reads what is there and then changes it by several steps, so two at a time could meet in between. */
export function oneAtATime(): Turns {
	let last: Promise<unknown> = Promise.resolve();
	return (run) => {
		const turn = last.then(run);
		last = turn.catch(() => undefined);
		return turn;
	};
}

/** As many as may wait: more would be answered long after whoever asked has gone. */
const maxWaiting = 20;

/** At most so many at once; the others wait in line. Throws THROTTLED when the line is long. */
export function atMost(most: number): Turns {
	const waiting: (() => void)[] = [];
	let running = 0;
	return async (run) => {
		if (waiting.length >= maxWaiting) throw new AppError('THROTTLED');
		if (running >= most) await new Promise<void>((resolve) => waiting.push(resolve));
		else running += 1;
		try {
			return await run();
		} finally {
			const next = waiting.shift();
			if (next) next();
			else running -= 1;
		}
	};
}

/** Waits for all of them, also when one has failed, so that what they did can be taken back; throws the first failure. */
export async function allEnded<T extends readonly unknown[] | []>(
	work: T,
): Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }> {
	await Promise.allSettled(work);
	return Promise.all(work);
}

/** Runs for each, at most so many at once, and answers in their order. After the first failure, which it throws, none is begun. */
export async function forEachOf<T, R>(
	items: T[],
	{ most }: { most: number },
	run: (item: T) => Promise<R>,
): Promise<R[]> {
	const results: R[] = [];
	const rest = items.entries();
	let hasFailed = false;
	async function work(): Promise<void> {
		for (const [index, item] of rest) {
			if (hasFailed) return;
			results[index] = await run(item).catch((error: unknown) => {
				hasFailed = true;
				throw error;
			});
		}
	}
	await Promise.all(Array.from({ length: most }, work));
	return results;
}
