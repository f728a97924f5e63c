import type { ServiceKind } from '$lib/shared/services';

/** Where the servers of a kind stand. */
export const placeOf: Record<ServiceKind, string> = { database: '/databases', storage: '/storage' };

/** A server's own page. */
export function servicePage({ id, kind }: { id: string; kind: ServiceKind }): string {
	return `${placeOf[kind]}/${id}`;
}

/** The same where only its id is known: leads on to it. */
export function pageOfId(serviceId: string): string {
	return `/services/${serviceId}`;
}
