import type { DataBrowser } from '../../engine';
import { listCollections } from './collections';
import { runQuery } from './query';
import { readRows } from './rows';
import type { Host } from './visit';

/** Connections that visits may hold at once, beside those of our own. */
const maxVisits = 3;

/** At most so many at once; the others wait in line. */
function atMost(most: number): <T>(run: () => Promise<T>) => Promise<T> {
	const waiting: (() => void)[] = [];
	let running = 0;
	return async (run) => {
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

/** A look at the data, by logins that live as long as one call. */
export function createBrowser(host: Host): DataBrowser {
	const inLine = atMost(maxVisits);
	return {
		collections: (request) => inLine(() => listCollections(host, request)),
		rows: (request) => inLine(() => readRows(host, request)),
		query: (request) => inLine(() => runQuery(host, request)),
	};
}
