/** Adds what every answer of the app carries: the request's id, and that nobody keeps a copy. */
export function finish(response: Response, requestId: string): Response {
	const headers = { 'x-request-id': requestId, 'cache-control': 'no-store' };
	try {
		for (const [name, value] of Object.entries(headers)) response.headers.set(name, value);
		return response;
	} catch {
		// A Response that came from fetch or Response.redirect has headers that cannot change.
		const copy = new Response(response.body, response);
		for (const [name, value] of Object.entries(headers)) copy.headers.set(name, value);
		return copy;
	}
}
