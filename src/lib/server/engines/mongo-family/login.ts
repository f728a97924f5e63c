import type { DatabaseAdmin, EngineTarget } from '../engine';
import { isPassword } from '../names';
import { findAccount, type ServerFacts } from './accounts';
import { withLogin } from './connections';
import { databaseExists } from './database-names';
import { isLoginRefused, toEngineError } from './errors';
import { splitIdentifier } from './names';

/** Any user can log in; into a database means that it exists and the user has a role on it. */
async function mayEnter(facts: ServerFacts, user: string, database: string): Promise<boolean> {
	if (!(await databaseExists(facts.run, database))) return false;
	if (!facts.dialect.hasRoles) return true;
	const account = await findAccount(facts, user);
	if (account === null) return false;
	return account.isSuperuser || account.roles.some((role) => role.db === database);
}

/** True when the server accepts the password and, when a database is named, the user has rights on it. */
export async function canLogin(
	facts: ServerFacts,
	target: EngineTarget,
	{ user, password, database }: Parameters<DatabaseAdmin['canLogin']>[0],
): Promise<boolean> {
	if (!isPassword(password, facts.dialect.names)) return false;
	const { user: name, db: authSource } = splitIdentifier(user);
	const { host, port } = target;
	try {
		await withLogin({ host, port, user: name, password, authSource }, ({ run }) =>
			run(authSource, { ping: 1 }),
		);
	} catch (error) {
		if (isLoginRefused(error)) return false;
		throw toEngineError(error);
	}
	return database === null || mayEnter(facts, user, database);
}
