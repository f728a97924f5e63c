import { MIB } from '$lib/shared/units';
import { probeApi, withClient } from '../s3-family/admin-api';
import type { StorageLifecycle } from '../storage';
import { ADMIN_POLICY, askLeast, MinioClient } from './client';
import { ADMIN_USER, containerSpec, files, ROOT_USER } from './container';

export const lifecycle: StorageLifecycle = {
	rootUser: ADMIN_USER,
	bootstrapUser: ROOT_USER,
	minMemoryBytes: 512 * MIB,
	defaultMemoryBytes: 1_024 * MIB,
	/** A version is one release here: a newer image of it holds the same server. */
	mayRewriteData: () => false,
	containerSpec,
	files,
	root: {
		kind: 'chosen',
		set: (target, next) =>
			withClient(new MinioClient(target), async (client) => {
				await client.change('PUT', 'add-user', {
					query: { accessKey: ADMIN_USER },
					body: { secretKey: next.reveal(), status: 'enabled' },
					isSealed: true,
				});
				// Given once, by the built-in root: the account itself has another secret from here on.
				if (target.user === ADMIN_USER) return;
				await client.change('PUT', 'set-user-or-group-policy', {
					query: { policyName: ADMIN_POLICY, userOrGroup: ADMIN_USER, isGroup: 'false' },
				});
			}),
		// An account has one secret here.
		endOthers: () => Promise.resolve(),
	},
	/** Shuts the built-in root out for good; `MINIO_API_ROOT_ACCESS=on` in the environment would let it in again. */
	settle: (target) =>
		withClient(new MinioClient(target), (client) =>
			client.change('PUT', 'set-config-kv', { body: 'api root_access=off', isSealed: true }),
		),
	probe(target, signal) {
		const look = () => withClient(new MinioClient(target), (client) => askLeast(client, signal));
		return probeApi(look, signal);
	},
};
