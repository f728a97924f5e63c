import { MIB } from '$lib/shared/units';
import type { EngineTarget, Lifecycle } from '../engine';
import { probeBy } from '../probe';
import { Connection, type ConnectionOptions } from './connection';
import { containerSpec, seedFiles } from './container';
import { toEngineError } from './errors';
import type { Flavor } from './flavor';
import { redisNames, ROOT_USER } from './names';
import { passwordRule } from './users/digest';
import { changeUsers } from './users/change';

async function withRoot<T>(
	target: EngineTarget,
	run: (connection: Connection) => Promise<T>,
	options?: ConnectionOptions,
): Promise<T> {
	const connection = await Connection.open(target, options);
	try {
		return await run(connection);
	} finally {
		connection.close();
	}
}

export function lifecycleOf(flavor: Flavor): Lifecycle {
	return {
		rootUser: ROOT_USER,
		minMemoryBytes: 64 * MIB,
		defaultMemoryBytes: 256 * MIB,
		containerSpec: ({ settings }) => containerSpec(flavor, settings),
		/** Going from 7.2 to 7.4 or from 8.0 to 8.1, the format of the stored file is another. */
		mayRewriteData: () => true,
		seedFiles: (input) => seedFiles(flavor, input),

		probe(target, signal) {
			const ping = () => withRoot(target, (connection) => connection.call('PING'), { signal });
			return probeBy(ping, { toEngineError, signal });
		},

		/** Connections that are open, our own among them, stay. */
		async setRootPassword(target, next) {
			redisNames.assertPassword(next.reveal());
			try {
				await withRoot(target, (connection) =>
					changeUsers(connection, {
						change: ['ACL', 'SETUSER', target.user, 'resetpass', passwordRule(next)],
						undo: ['ACL', 'SETUSER', target.user, 'resetpass', passwordRule(target.password)],
					}),
				);
			} catch (error) {
				throw toEngineError(error);
			}
		},
	};
}
