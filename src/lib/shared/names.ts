import { z } from 'zod';

/** A service's name is also its DNS name in the project's network: 2 to 40 of a-z, 0-9 and `-`, beginning with a letter. */
export const SERVICE_NAME_PATTERN = /^[a-z][a-z0-9-]{0,38}[a-z0-9]$/;
export const SERVICE_NAME_MAX = 40;

/** Names that already mean something to every container. */
const reservedServiceNames = new Set(['localhost', 'host-gateway', 'gateway']);

export const serviceNameSchema = z
	.string()
	.regex(SERVICE_NAME_PATTERN, 'NAME_INVALID')
	.refine((name) => !reservedServiceNames.has(name), 'NAME_RESERVED');
