import type { Secret } from '../../secret';
import { AppError } from '../../errors';
import type { DatabaseUserInfo } from '../engine';
import { findAccount, getAccount, listAccounts, type Account, type ServerFacts } from './accounts';
import { ADMIN_DATABASE, assertNewUserName } from './names';
import { endUserWork } from './sessions';

/** Every user of people and apps; `connections` is by user, as `name` tells them apart. */
export async function listUsers(
	facts: ServerFacts,
	connections: Map<string, number>,
): Promise<DatabaseUserInfo[]> {
	return (await listAccounts(facts)).map((account) => infoOf(account, connections));
}

export function infoOf(account: Account, connections: Map<string, number>): DatabaseUserInfo {
	return {
		name: account.name,
		canLogin: true,
		isSuperuser: account.isSuperuser,
		connections: connections.get(account.name) ?? 0,
		access: null,
	};
}

/**
 * Creates a user in `admin` without a role, which can log in and nothing else. Throws DATABASE_USER_EXISTS, also for a name in use that
 * the server would report with the password's hash in its log.
 */
export async function createUser(
	facts: ServerFacts,
	{ name, password }: { name: string; password: Secret },
): Promise<void> {
	assertNewUserName(name);
	if (await findAccount(facts, name)) throw new AppError('DATABASE_USER_EXISTS', { details: { name } });
	await facts.run(ADMIN_DATABASE, {
		createUser: name,
		pwd: password.reveal(),
		roles: [],
		...facts.dialect.passwordFields,
	});
}

/**
 * Sets a password. A connection that is logged in stays so whatever becomes of the password: `endsSessions` ends what the user's are
 * running, their cursors and transactions, and leaves idle ones as they are. Only dropping the user would log those out, and a crash
 * before it is made again would lose it with its roles. Throws DATABASE_USER_NOT_FOUND.
 */
export async function setPassword(
	facts: ServerFacts,
	{ name, password, endsSessions }: { name: string; password: Secret; endsSessions: boolean },
): Promise<void> {
	const account = await getAccount(facts, name);
	await facts.run(account.db, {
		updateUser: account.user,
		pwd: password.reveal(),
		...facts.dialect.passwordFields,
	});
	if (!endsSessions || !facts.dialect.hasSessions) return;
	try {
		await endUserWork(facts, account);
	} catch (error) {
		// Not a refusal: the password is the new one already.
		throw new AppError('ENGINE_UNREACHABLE', { cause: error });
	}
}

/**
 * Removes a user; its sessions have no rights from their next command on, and what they are running ends. Throws
 * DATABASE_USER_NOT_FOUND, DATABASE_USER_PROTECTED.
 */
export async function removeUser(facts: ServerFacts, name: string): Promise<void> {
	const account = await getAccount(facts, name);
	if (account.isSuperuser) throw new AppError('DATABASE_USER_PROTECTED', { details: { name } });
	await facts.run(account.db, { dropUser: account.user });
	if (facts.dialect.hasSessions) await endUserWork(facts, account);
}
