import { AppError, isAppError } from '../../errors';
import type { Lifecycle } from '../engine';
import { ADMIN_DATABASE, withRoot } from './connections';
import type { Dialect } from './dialect';
import { toEngineError } from './errors';

/** The login of the root user over MongoDB's protocol, and the change of its password. */
export function rootLogin({ names, passwordFields }: Dialect): Pick<Lifecycle, 'probe' | 'setRootPassword'> {
	return {
		async probe(target, signal) {
			try {
				await withRoot(target, ({ run }) => run(ADMIN_DATABASE, { ping: 1 }), signal);
			} catch (error) {
				signal?.throwIfAborted();
				const fault = toEngineError(error);
				// Refused as such, the login will not become right by waiting; all else is a server that is not there yet.
				if (isAppError(fault, 'ENGINE_UNREACHABLE') && fault.details.reason === 'login') throw fault;
				throw new AppError('ENGINE_NOT_READY', { cause: fault });
			}
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
