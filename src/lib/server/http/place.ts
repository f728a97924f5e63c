import type { RequestEvent } from '@sveltejs/kit';
import { placeSymbol } from './door.js';
import { ownOrigin, type Place } from './origin.js';

function isPlace(value: unknown): value is Place {
	return typeof value === 'object' && value !== null && 'origin' in value && 'port' in value;
}

/** Where this process is reached, as its door said. Throws when there is no door: it checks what nobody behind it does. */
export function currentPlace(): Place {
	const place: unknown = Reflect.get(globalThis, placeSymbol);
	if (!isPlace(place)) throw new Error('start the panel with `node server.js`');
	return place;
}

/** The origin of our pages for this request, or null when it asks for a host that is not ours. */
export function originOf(event: RequestEvent): string | null {
	// A page's own request during rendering never left the process, and has no Host.
	if (event.isSubRequest) return event.url.origin;
	return ownOrigin(event.request.headers.get('host'), currentPlace());
}
