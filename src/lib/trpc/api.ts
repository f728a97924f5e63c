import { createClient, type Client } from './client';

/** The browser's one client, for what happens after a page was loaded. Never used while rendering on the server. */
export const api: Client = createClient();

/** A client for a universal `load`: what the server fetched is inlined in the page and not asked for again. */
export function pageClient(fetch: typeof globalThis.fetch): Client {
	return createClient({ fetch });
}
