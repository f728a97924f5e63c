import { MIB } from '$lib/shared/units';
import { AppError } from '../../errors';
import { Secret } from '../../secret';
import { probeApi, withClient } from '../s3-family/admin-api';
import type { StorageLifecycle, StorageTarget } from '../storage';
import { healthSchema, newTokenSchema, tokenListSchema } from './answers';
import { anyAnswer, GarageClient } from './client';
import { containerSpec, files } from './container';

/** The name of every token that sh0 has issued; people's own are left alone. */
const TOKEN_NAME = 'sh0';

async function assertHealthy(target: StorageTarget, signal: AbortSignal | undefined): Promise<void> {
	const { status } = await withClient(new GarageClient(target), (client) =>
		client.get('GetClusterHealth', healthSchema, { signal }),
	);
	if (status === 'unavailable') throw new AppError('ENGINE_NOT_READY');
}

/** The part of a token by which the server finds it; the rest is hashed there. */
function idOf(token: Secret): string {
	return token.reveal().split('.')[0] ?? '';
}

export const lifecycle: StorageLifecycle = {
	// Tokens have no user names.
	rootUser: 'admin',
	bootstrapUser: 'admin',
	minMemoryBytes: 256 * MIB,
	defaultMemoryBytes: 512 * MIB,
	/** Nodes of different releases of one major version work on the same tables, so each reads what the other writes. */
	mayRewriteData: () => false,
	containerSpec,
	files,
	root: {
		kind: 'issued',
		async issue(target) {
			const body = { name: TOKEN_NAME, scope: ['*'], neverExpires: true };
			const { secretToken } = await withClient(new GarageClient(target), (client) =>
				client.post('CreateAdminToken', newTokenSchema, { body }),
			);
			return new Secret(secretToken);
		},
		endOthers: (target) =>
			withClient(new GarageClient(target), async (client) => {
				const tokens = await client.get('ListAdminTokens', tokenListSchema);
				for (const { id, name } of tokens) {
					if (!id || name !== TOKEN_NAME || id === idOf(target.password)) continue;
					await client.post('DeleteAdminToken', anyAnswer, { query: { id } });
				}
			}),
	},
	// Its token is in the configuration alone: the next start does not know it.
	settle: () => Promise.resolve(),
	probe: (target, signal) => probeApi(() => assertHealthy(target, signal), signal),
};
