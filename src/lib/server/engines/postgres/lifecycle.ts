import { escapeIdentifier, escapeLiteral } from 'pg';
import { MIB } from '$lib/shared/units';
import type { Lifecycle } from '../engine';
import { probeBy } from '../probe';
import { withRoot } from './connections';
import { containerSpec } from './container';
import { toEngineError } from './errors';
import { script } from './grants/sql';
import { postgresNames, ROOT_USER } from './names';
import { scramVerifier } from './scram';

export const postgresLifecycle: Lifecycle = {
	rootUser: ROOT_USER,
	minMemoryBytes: 256 * MIB,
	defaultMemoryBytes: 512 * MIB,
	containerSpec,
	/** Minor releases never change how data are stored. */
	mayRewriteData: () => false,

	probe: (target, signal) =>
		probeBy(() => withRoot(target, (query) => query('SELECT'), signal), { toEngineError, signal }),

	/** Also closes the server's own databases, which by default every role may enter. */
	async setRootPassword(target, next) {
		postgresNames.assertPassword(next.reveal());
		const verifier = escapeLiteral(await scramVerifier(next));
		const statements = [
			`REVOKE ALL ON DATABASE postgres, template1 FROM PUBLIC`,
			`ALTER ROLE ${escapeIdentifier(target.user)} PASSWORD ${verifier}`,
		];
		try {
			await withRoot(target, (query) => query(script(statements)));
		} catch (error) {
			throw toEngineError(error);
		}
	},
};
