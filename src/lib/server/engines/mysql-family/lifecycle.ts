import { z } from 'zod';
import type { Secret } from '../../secret';
import type { EngineTarget, Lifecycle } from '../engine';
import { probeBy } from '../probe';
import { isHost } from './accounts';
import { accountSql } from './quote';
import { withLogin } from './connections';
import type { Dialect } from './dialect';
import { toEngineError } from './errors';
import { nameRule } from './names';
import { rowsAs } from './rows';

function probe(target: EngineTarget, signal?: AbortSignal): Promise<void> {
	return probeBy(() => withLogin(target, (query) => query('SELECT 1'), signal), { toEngineError, signal });
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

/** The login of the administrator, and the change of the password. */
export function familyLogin(dialect: Dialect): Pick<Lifecycle, 'probe' | 'setRootPassword'> {
	return {
		probe,
		setRootPassword: (target, next) => setRootPassword(dialect, target, next),
	};
}
