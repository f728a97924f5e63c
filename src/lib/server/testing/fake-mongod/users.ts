import { randomUUID } from 'node:crypto';
import { MongoRefusal, type Command } from './command';
import type { Document } from './wire';

export type FakeRole = { role: string; db: string };
export type FakeUser = Document & {
	user: string;
	db: string;
	pwd: string;
	roles: FakeRole[];
	userId: string;
};

/** Built-in roles of every database, and those of `admin` alone. */
const roles = ['read', 'readWrite', 'dbAdmin', 'dbOwner', 'userAdmin'];
const adminRoles = [
	'root',
	'readAnyDatabase',
	'readWriteAnyDatabase',
	'userAdminAnyDatabase',
	'clusterMonitor',
];

function isRole(value: unknown): value is FakeRole {
	return typeof value === 'object' && value !== null && 'role' in value && 'db' in value;
}

function rolesIn(value: unknown): FakeRole[] {
	const all = Array.isArray(value) ? value : [];
	return all.map((one) => {
		if (!isRole(one)) throw new MongoRefusal(9, 'FailedToParse');
		const isKnown = roles.includes(one.role) || (one.db === 'admin' && adminRoles.includes(one.role));
		if (!isKnown) throw new MongoRefusal(31, 'RoleNotFound');
		return one;
	});
}

const isSame = (a: FakeRole, b: FakeRole): boolean => a.role === b.role && a.db === b.db;

/** Users and their roles, as the manual's pages on user management commands have them. */
export class FakeUsers {
	readonly #users: FakeUser[] = [];

	find(user: string, db: string): FakeUser | undefined {
		return this.#users.find((one) => one.user === user && one.db === db);
	}

	createUser({ database, command }: Command): Document {
		const user = String(command.createUser);
		if (this.find(user, database)) throw new MongoRefusal(51003, 'Location51003');
		const { customData, authenticationRestrictions } = command;
		this.#users.push({
			user,
			db: database,
			pwd: String(command.pwd),
			roles: rolesIn(command.roles),
			userId: randomUUID(),
			...(customData !== undefined && { customData }),
			...(authenticationRestrictions !== undefined && { authenticationRestrictions }),
		});
		return {};
	}

	updateUser({ database, command }: Command): Document {
		const user = this.#get(command.updateUser, database);
		if (command.pwd !== undefined) user.pwd = String(command.pwd);
		if (command.roles !== undefined) user.roles = rolesIn(command.roles);
		return {};
	}

	dropUser({ database, command }: Command): Document {
		this.#users.splice(this.#users.indexOf(this.#get(command.dropUser, database)), 1);
		return {};
	}

	grantRolesToUser({ database, command }: Command): Document {
		const user = this.#get(command.grantRolesToUser, database);
		const added = rolesIn(command.roles).filter((role) => !user.roles.some((one) => isSame(one, role)));
		user.roles = [...user.roles, ...added];
		return {};
	}

	revokeRolesFromUser({ database, command }: Command): Document {
		const user = this.#get(command.revokeRolesFromUser, database);
		const taken = rolesIn(command.roles);
		user.roles = user.roles.filter((role) => !taken.some((one) => isSame(one, role)));
		return {};
	}

	usersInfo({ database, command }: Command): Document {
		const asked = command.usersInfo;
		const shown = this.#users.filter((one) => this.#isAsked(one, asked, database));
		return {
			users: shown.map(({ pwd: _, authenticationRestrictions, ...user }) => ({
				...user,
				...(command.showAuthenticationRestrictions === true && {
					authenticationRestrictions: authenticationRestrictions ?? [],
				}),
			})),
		};
	}

	#isAsked(one: FakeUser, asked: unknown, database: string): boolean {
		if (asked === 1) return one.db === database;
		if (typeof asked !== 'object' || asked === null) throw new MongoRefusal(2, 'BadValue');
		if ('forAllDBs' in asked) return asked.forAllDBs === true;
		return 'user' in asked && 'db' in asked && one.user === asked.user && one.db === asked.db;
	}

	#get(name: unknown, db: string): FakeUser {
		const found = this.find(String(name), db);
		if (typeof name !== 'string' || !found) throw new MongoRefusal(11, 'UserNotFound');
		return found;
	}
}
