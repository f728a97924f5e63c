import { z } from 'zod';
import { removeChosen } from '../../engines/s3-family/object-removal';
import { defineOperation, type AnyOperation } from '../../operations/definition';
import { traitsOf } from '../deps';
import { meantBucket, removalStep, type RemovalDeps } from '../removal';

const inputSchema = meantBucket.extend({
	prefixes: z.array(z.string().min(1)),
	keys: z.array(z.string().min(1)).max(1_000),
});
/** What is to go: all whose keys begin in these ways, and these. */
export type ChosenObjects = z.infer<typeof inputSchema>;

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
					remove: (access, { bucket, prefixes, keys }: ChosenObjects, { service, limits }) => {
						const { leavesFolders } = traitsOf(deps, service);
						return removeChosen(access, { bucket, prefixes, keys, leavesFolders }, limits);
					},
				}),
			],
		}),
	];
}
