import { serviceKinds, type ServiceKind } from '$lib/shared/services';
import { placeOf } from './address';

/** What the create page asks for. */
export type Draft = {
	engine: string;
	version: string;
	name: string;
	memoryBytes: number;
	dataLimitBytes?: number;
};

const keyOf = (operationId: string) => `sh0.draft.${operationId}`;

/** Browser only. Remembers what an operation was asked to make, so that trying again need not type it again. */
export function keepDraft(operationId: string, draft: Draft & { kind: ServiceKind }): void {
	sessionStorage.setItem(keyOf(operationId), JSON.stringify(draft));
}

/** The create page's address, filled with what this operation was to make as far as this browser knows. */
export function retryAddress(operation: { id: string; serviceName: string }): string {
	const stored = sessionStorage.getItem(keyOf(operation.id));
	const query = new URLSearchParams({ name: operation.serviceName });
	const draft: unknown = stored === null ? null : JSON.parse(stored);
	if (typeof draft === 'object' && draft !== null)
		for (const [key, value] of Object.entries(draft)) query.set(key, String(value));
	const kind = serviceKinds.find((one) => one === query.get('kind')) ?? 'database';
	query.delete('kind');
	return `${placeOf[kind]}/new?${query}`;
}

/** What the address fills the page with; anything that is not offered is left to the page's own choice. */
export function draftFrom(query: URLSearchParams): Partial<Draft> {
	return {
		...text(query, 'engine'),
		...text(query, 'version'),
		...text(query, 'name'),
		...bytes(query, 'memoryBytes'),
		...bytes(query, 'dataLimitBytes'),
	};
}

function bytes(query: URLSearchParams, key: 'memoryBytes' | 'dataLimitBytes') {
	const value = Number(query.get(key));
	return Number.isSafeInteger(value) && value > 0 ? { [key]: value } : {};
}

function text(query: URLSearchParams, key: 'engine' | 'version' | 'name') {
	const value = query.get(key);
	return value ? { [key]: value } : {};
}
