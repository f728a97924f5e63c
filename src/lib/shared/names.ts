import type { ErrorCode } from './error-codes';

/** A service's name is also its DNS name in the project's network: 2 to 40 of a-z, 0-9 and `-`, beginning with a letter. */
export const SERVICE_NAME_PATTERN = /^[a-z][a-z0-9-]{0,38}[a-z0-9]$/;
export const SERVICE_NAME_MAX = 40;

/** Names that already mean something to every container. */
const reservedServiceNames = new Set(['localhost', 'host-gateway', 'gateway']);

/** What is wrong with a service's name, or null. Here and not in its schema, so that a page need not load zod to check a name. */
export function serviceNameProblem(
	name: string,
): Extract<ErrorCode, 'NAME_INVALID' | 'NAME_RESERVED'> | null {
	if (!SERVICE_NAME_PATTERN.test(name)) return 'NAME_INVALID';
	return reservedServiceNames.has(name) ? 'NAME_RESERVED' : null;
}

/** Why a service's name does not have the form it must have; null when it does. */
export function serviceNameReason(
	name: string,
): 'empty' | 'length' | 'characters' | 'beginning' | 'ends' | null {
	if (SERVICE_NAME_PATTERN.test(name)) return null;
	if (name === '') return 'empty';
	if (name.length < 2 || name.length > SERVICE_NAME_MAX) return 'length';
	if (/[^a-z0-9-]/.test(name)) return 'characters';
	return /^[a-z]/.test(name) ? 'ends' : 'beginning';
}
