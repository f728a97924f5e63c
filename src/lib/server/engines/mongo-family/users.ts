import { z } from 'zod';
import type { Secret } from '../../secret';
import { AppError, isAppError } from '../../errors';
import type { DatabaseUserInfo } from '../engine';
import { findAccount, getAccount, listAccounts, type Account, type ServerFacts } from './accounts';
import type { Command } from './connections';
import { ADMIN_DATABASE, assertNewUserName } from './names';
import { replyAs } from './replies';
import { endUserSessions } from './sessions';

/** How often a user that was just dropped is made again before giving up. */
const maxAttempts = 5;

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
 * Sets a password. A session stays logged in whatever becomes of the password: `endsSessions` therefore makes the user anew with the
 * same roles, which logs every session of the former one out at its next command. Throws DATABASE_USER_NOT_FOUND.
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
	if (endsSessions && facts.dialect.hasSessions) await makeAnew(facts, account, password);
}

async function makeAnew(facts: ServerFacts, { user, db }: Account, password: Secret): Promise<void> {
	const kept = await keptFields(facts, { user, db });
	await facts.run(db, { dropUser: user });
	for (let attempt = 1; ; attempt += 1) {
		try {
			await facts.run(db, {
				createUser: user,
				pwd: password.reveal(),
				...kept,
				...facts.dialect.passwordFields,
			});
			break;
		} catch (error) {
			// An answer that was lost on the way: the attempt before has made it.
			if (attempt > 1 && isAppError(error, 'DATABASE_USER_EXISTS')) break;
			if (attempt === maxAttempts) throw error;
		}
	}
	await endUserSessions(facts.run, { user, db });
}

const detailsSchema = z.object({
	users: z.array(
		z.object({
			roles: z.array(z.unknown()),
			customData: z.record(z.string(), z.unknown()).optional(),
			authenticationRestrictions: z.array(z.record(z.string(), z.unknown())).optional(),
		}),
	),
});

/** What a user made anew keeps beside its password. */
async function keptFields(
	{ run }: ServerFacts,
	{ user, db }: { user: string; db: string },
): Promise<Command> {
	const reply = await run(db, { usersInfo: { user, db }, showAuthenticationRestrictions: true });
	const [found] = replyAs(detailsSchema, reply).users;
	if (!found) throw new AppError('DATABASE_USER_NOT_FOUND', { details: { name: user } });
	const { roles, customData, authenticationRestrictions = [] } = found;
	return {
		roles,
		...(customData && { customData }),
		...(authenticationRestrictions.length > 0 && { authenticationRestrictions }),
	};
}

/**
 * Removes a user; its sessions have no rights from their next command on, and what they are running ends. Throws
 * DATABASE_USER_NOT_FOUND, DATABASE_USER_PROTECTED.
 */
export async function removeUser(facts: ServerFacts, name: string): Promise<void> {
	const account = await getAccount(facts, name);
	if (account.isSuperuser) throw new AppError('DATABASE_USER_PROTECTED', { details: { name } });
	await facts.run(account.db, { dropUser: account.user });
	if (facts.dialect.hasSessions) await endUserSessions(facts.run, account);
}
