import { z } from 'zod';
import { idSchema } from '$lib/shared/ids';

const ID_CHARACTERS = 4;

/** Each fact of a source by its own: one that is mistaken does not cost the others. */
const facts = z.object({
	kind: z.enum(['service', 'outside']).optional().catch(undefined),
	serviceId: idSchema('service').optional().catch(undefined),
	endpoint: z.string().optional().catch(undefined),
	// Shorter than any secret.
	region: z
		.string()
		.regex(/^[A-Za-z0-9-]{1,30}$/)
		.optional()
		.catch(undefined),
	accessKeyId: z.string().optional().catch(undefined),
	isPathStyle: z.boolean().optional().catch(undefined),
	isInOwnNetwork: z.boolean().optional().catch(undefined),
});

/**
 * What the record, which is never deleted, keeps of where buckets are copied from. It is written before the input is known to be right, so
 * of what may hold a secret by mistake only the part that does not: an endpoint's host, the beginning of a key's id.
 */
export function auditedSource(raw: unknown): Record<string, unknown> | '…' {
	const found = facts.safeParse(raw);
	if (!found.success) return '…';
	const { endpoint, accessKeyId, ...kept } = found.data;
	return {
		...kept,
		...(endpoint === undefined ? {} : { host: hostOf(endpoint) }),
		...(accessKeyId === undefined ? {} : { accessKeyId: `${accessKeyId.slice(0, ID_CHARACTERS)}…` }),
	};
}

function hostOf(endpoint: string): string {
	const url = URL.canParse(endpoint) ? new URL(endpoint) : null;
	return url !== null && /^https?:$/.test(url.protocol) ? url.host : '…';
}
