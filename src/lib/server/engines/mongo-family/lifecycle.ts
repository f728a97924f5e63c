import type { Lifecycle } from '../engine';
import { probeBy } from '../probe';
import { withRoot } from './connections';
import type { Dialect } from './dialect';
import { toEngineError } from './errors';
import { ADMIN_DATABASE } from './names';

/** The login of the root user over MongoDB's protocol, and the change of its password. */
export function rootLogin({ names, passwordFields }: Dialect): Pick<Lifecycle, 'probe' | 'setRootPassword'> {
	return {
		probe(target, signal) {
			const ping = () => withRoot(target, ({ run }) => run(ADMIN_DATABASE, { ping: 1 }), signal);
			return probeBy(ping, { toEngineError, signal });
		},

		async setRootPassword(target, next) {
			names.assertPassword(next.reveal());
			const command = { updateUser: target.user, pwd: next.reveal(), ...passwordFields };
			try {
				await withRoot(target, ({ run }) => run(ADMIN_DATABASE, command));
			} catch (error) {
				throw toEngineError(error);
			}
		},
	};
}
