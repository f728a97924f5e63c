type Fetch = typeof globalThis.fetch;

/** Told when sh0 stops answering and when it does again; each time once for a request. */
export type Watch = { onLost: () => void; onBack: () => void };

/** A proxy's own page in sh0's place, as during a restart. */
function isStandIn(response: Response): boolean {
	return response.status >= 502 && !response.headers.get('content-type')?.includes('json');
}

/**
 * A fetch whose reads wait for sh0 instead of failing while it restarts or the connection is gone, so that an open page keeps what it
 * shows. Anything but a GET fails at once: nobody knows whether it was done.
 */
export function patientFetch(fetch: Fetch, watch: Watch, pauseMs = 1000): Fetch {
	const ask = async (...request: Parameters<Fetch>): Promise<Response | null> => {
		try {
			const response = await fetch(...request);
			return isStandIn(response) ? null : response;
		} catch (error) {
			if (request[1]?.signal?.aborted) throw error;
			return null;
		}
	};
	return async (input, init) => {
		if ((init?.method ?? 'GET') !== 'GET') return fetch(input, init);
		// Once more at once: browsers drop what waits for a connection when a network of the machine comes or goes.
		const early = (await ask(input, init)) ?? (await ask(input, init));
		if (early) return early;
		watch.onLost();
		for (;;) {
			await new Promise((resolve) => setTimeout(resolve, pauseMs));
			const response = await ask(input, init);
			if (!response) continue;
			watch.onBack();
			return response;
		}
	};
}
