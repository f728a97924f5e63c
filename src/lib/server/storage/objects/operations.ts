import { z } from 'zod';
import { removeKeysWithin, removeUnder, type RemovalLimits } from '../../engines/s3-family/object-removal';
import type { StorageAccess } from '../../engines/storage';
import { defineOperation, type AnyOperation } from '../../operations/definition';
import { traitsOf } from '../deps';
import { meantBucket, removalStep, type RemovalDeps } from '../removal';

const inputSchema = meantBucket.extend({
	prefixes: z.array(z.string().min(1)),
	keys: z.array(z.string().min(1)).max(1_000),
});
/** What is to go: all whose keys begin in these ways, and these. */
export type ChosenObjects = z.infer<typeof inputSchema>;

async function* removeChosen(
	access: StorageAccess,
	{ bucket, prefixes, keys, leavesFolders }: ChosenObjects & { leavesFolders: boolean },
	limits: RemovalLimits,
): AsyncGenerator<number> {
	yield* removeKeysWithin(access, { bucket, keys, leavesFolders }, limits);
	for (const prefix of prefixes) yield* removeUnder(access, { bucket, prefix, leavesFolders }, limits);
}

/** Long work on objects: removing folders, with all that is in them. */
export function objectOperations(deps: RemovalDeps): AnyOperation[] {
	return [
		defineOperation({
			kind: 'objects.remove',
			input: inputSchema,
			// What is below a prefix is known only once it has been listed.
			steps: [
				removalStep(deps, {
					count: () => Promise.resolve(null),
					remove: (access, chosen: ChosenObjects, { service, limits }) => {
						const { leavesFolders } = traitsOf(deps, service);
						return removeChosen(access, { ...chosen, leavesFolders }, limits);
					},
				}),
			],
		}),
	];
}
