import { z } from 'zod';
import { canBeThere } from '$lib/shared/storage-names';
import { removeKeysWithin, removeUnder, type RemovalLimits } from '../../engines/s3-family/object-removal';
import type { StorageAccess } from '../../engines/storage';
import { defineOperation, type AnyOperation } from '../../operations/definition';
import { removalStep, type RemovalDeps } from '../removal';

const inputSchema = z.strictObject({
	bucket: z.string(),
	prefixes: z.array(z.string().min(1)),
	keys: z.array(z.string().min(1)).max(1_000),
});
type Input = z.infer<typeof inputSchema>;

async function* removeChosen(
	access: StorageAccess,
	{ bucket, prefixes, keys }: Input,
	{ limits }: { limits: RemovalLimits },
): AsyncGenerator<number> {
	yield* removeKeysWithin(access, { bucket, keys: keys.filter(canBeThere) }, limits);
	for (const prefix of prefixes) yield* removeUnder(access, { bucket, prefix }, limits);
}

/** Long work on objects: removing folders, with all that is in them. */
export function objectOperations(deps: RemovalDeps): AnyOperation[] {
	return [
		defineOperation({
			kind: 'objects.remove',
			input: inputSchema,
			// What is below a prefix is known only once it has been listed.
			steps: [removalStep(deps, { count: () => Promise.resolve(null), remove: removeChosen })],
		}),
	];
}
