import { z } from 'zod';
import { AppError, isAppError } from '../../errors';
import type { Secret } from '../../secret';
import type { EngineTarget, Lifecycle } from '../engine';
import { accountSql, isHost } from './accounts';
import { withLogin } from './connections';
import type { Dialect } from './dialect';
import { toEngineError } from './errors';
import { nameRule, ROOT_USER } from './names';
import { rowsAs } from './rows';

async function probe(target: EngineTarget, signal?: AbortSignal): Promise<void> {
	try {
		await withLogin(target, (query) => query('SELECT 1'), signal);
	} catch (error) {
		signal?.throwIfAborted();
		const fault = toEngineError(error);
		// Refused as such, the login will not become right by waiting; all else is a server that is not there yet.
		if (isAppError(fault, 'ENGINE_UNREACHABLE') && fault.details.reason === 'login') throw fault;
		throw new AppError('ENGINE_NOT_READY', { cause: fault });
	}
}

const hostRow = z.object({ host: z.string() });

/** Every address the administrator may come from has a password of its own, so all are set, by one statement. */
async function setRootPassword(dialect: Dialect, target: EngineTarget, next: Secret): Promise<void> {
	nameRule(dialect).assertPassword(next.reveal());
	try {
		await withLogin(target, async (query) => {
			const rows = await query('SELECT u.Host AS host FROM mysql.user u WHERE u.User = ?', [target.user]);
			// One bound to the name of a host does not exist for a server that looks up no names.
			const hosts = rowsAs(hostRow, rows).filter(({ host }) => host === 'localhost' || isHost(host, dialect));
			const changes = hosts.map(
				({ host }) => `${accountSql({ user: target.user, host })} ${dialect.identifiedBy(next)}`,
			);
			await query(`ALTER USER ${changes.join(', ')}`);
		});
	} catch (error) {
		throw toEngineError(error);
	}
}

/** What MySQL's and MariaDB's lifecycles have in common. */
export function familyLifecycle(dialect: Dialect): Pick<Lifecycle, 'rootUser' | 'probe' | 'setRootPassword'> {
	return {
		rootUser: ROOT_USER,
		probe,
		setRootPassword: (target, next) => setRootPassword(dialect, target, next),
	};
}
