import type { DataBrowser } from '../../engine';
import { atMost } from '../../turns';
import { listCollections } from './collections';
import { runQuery } from './query';
import { readRows } from './rows';
import type { Host } from './visit';

/** Connections that visits may hold at once, beside those of our own. */
const maxVisits = 3;

/** A look at the data, by logins that live as long as one call. */
export function createBrowser(host: Host): DataBrowser {
	const inLine = atMost(maxVisits);
	return {
		collections: (request) => inLine(() => listCollections(host, request)),
		rows: (request) => inLine(() => readRows(host, request)),
		query: (request) => inLine(() => runQuery(host, request)),
	};
}
