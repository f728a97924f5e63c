import type { DatabaseAdmin, NameRule } from '../engine';
import { isPassword } from '../names';
import { ANY_HOST, accountName, accountOf } from './accounts';
import { withLogin, type Connections } from './connections';
import { isDatabaseRefused, isLoginRefused, toEngineError } from './errors';
import { listGrants } from './grants/grants';
import { hashesOf } from './users';

type LoginQuestion = Parameters<DatabaseAdmin['canLogin']>[0];

/** Asks the server by logging in. */
async function tryLogin(
	connections: Connections,
	{ user, password, database }: LoginQuestion,
): Promise<boolean> {
	const { host, port } = connections.target;
	try {
		await withLogin(
			{ host, port, user, password, ...(database === null ? {} : { database }) },
			async () => undefined,
		);
		return true;
	} catch (error) {
		if (isLoginRefused(error)) return false;
		if (isDatabaseRefused(error)) return database === null;
		throw toEngineError(error);
	}
}

/**
 * True when the password is the account's and opens the database, if one is named. An account that is bound to an address sh0 does not
 * come from, or that another of the same name stands before, is judged by its stored hash and its rights instead of by a login.
 */
export async function canLogin(
	connections: Connections,
	names: NameRule,
	question: LoginQuestion,
): Promise<boolean> {
	if (!isPassword(question.password, names)) return false;
	const { user, host } = accountOf(question.user);
	const known = await hashesOf(connections, user);
	if (host === ANY_HOST && known.length <= 1) return tryLogin(connections, { ...question, user });
	const account = known.find((one) => one.host === host);
	if (!account || account.isLocked || !connections.dialect.isHashOf(question.password, account.hash))
		return false;
	if (question.database === null) return true;
	const grants = await listGrants(connections, {
		users: [accountName(account)],
		databases: [question.database],
	});
	return grants.length > 0;
}
