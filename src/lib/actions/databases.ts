import { m } from '$lib/i18n/generated/messages';
import type { GrantLevel } from '$lib/shared/services';
import { freshPasswords } from '$lib/state/fresh-passwords.svelte';
import { refresh } from '$lib/state/refresh.svelte';
import { toasts } from '$lib/state/toasts.svelte';
import { api } from '$lib/trpc/api';
import type { RouterInputs } from '$lib/trpc/client';

/** Key patterns, channels and commands, for an engine whose users have those. */
export type Rules = RouterInputs['databaseUsers']['setAccess']['access'];

/** What loads that list databases and users depend on. */
export const databasesKey = 'sh0:databases';

/** Asks, then reads back what the engine has now. What the call rejects with is for the caller to show. */
async function changing<T>(call: Promise<T>): Promise<T> {
	try {
		return await call;
	} finally {
		await refresh(databasesKey);
	}
}

/** `owner` null: nobody yet; `encoding` and `collation` null: the server's own. */
export function createDatabase(input: {
	serviceId: string;
	name: string;
	owner: string | null;
	encoding: string | null;
	collation: string | null;
}): Promise<unknown> {
	const { serviceId, name, owner, encoding, collation } = input;
	return changing(
		api.databases.create.mutate({
			serviceId,
			name,
			...(owner === null ? {} : { owner }),
			...(encoding === null ? {} : { encoding }),
			...(collation === null ? {} : { collation }),
		}),
	);
}

/** `confirmName` is what the person typed. */
export function removeDatabase(serviceId: string, name: string, confirmName: string): Promise<unknown> {
	return changing(api.databases.remove.mutate({ serviceId, name, confirmName }));
}

type Login = { serviceId: string; name: string; password: string | undefined };

function withPassword({ serviceId, name, password }: Login) {
	return { serviceId, name, ...(password === undefined ? {} : { password }) };
}

/**
 * Without a password the server makes one; either way the banner shows it until it is dismissed. `grants` and `access` each for engines
 * that have them; `host` null: from anywhere.
 */
export async function createUser(
	input: Login & {
		grants: { database: string; level: GrantLevel }[];
		access: Rules | null;
		host: string | null;
	},
): Promise<void> {
	const { serviceId, grants, access, host } = input;
	const { name: user } = await changing(
		api.databaseUsers.create.mutate({
			...withPassword(input),
			...(grants.length === 0 ? {} : { grants }),
			...(access === null ? {} : { access }),
			...(host === null ? {} : { host }),
		}),
	);
	freshPasswords.add({ serviceId, user, database: grants[0]?.database ?? null });
}

/** Without a password the server makes one; either way the banner shows it until it is dismissed. */
export async function setUserPassword(
	input: Login & { endsSessions: boolean; database: string | null },
): Promise<void> {
	const { endsSessions, database, ...login } = input;
	await changing(api.databaseUsers.setPassword.mutate({ ...withPassword(login), endsSessions }));
	freshPasswords.add({ serviceId: input.serviceId, user: input.name, database });
}

export function setGrant(input: {
	serviceId: string;
	user: string;
	database: string;
	level: GrantLevel;
}): Promise<unknown> {
	const { serviceId, user: name, database, level } = input;
	return changing(api.databaseUsers.setGrants.mutate({ serviceId, name, grants: [{ database, level }] }));
}

/** Gives the user exactly these rules, at once. */
export function setAccess(serviceId: string, name: string, access: Rules): Promise<unknown> {
	return changing(api.databaseUsers.setAccess.mutate({ serviceId, name, access }));
}

/** Makes what the engine has what was given to these users here again: as many as a page shows. */
export async function mendAccess(serviceId: string, names: string[]): Promise<void> {
	await changing(api.databaseUsers.mend.mutate({ serviceId, names }));
	toasts.success(m.users_mended());
}

/** `confirmName` is what the person typed. */
export async function removeUser(serviceId: string, name: string, confirmName: string): Promise<void> {
	await changing(api.databaseUsers.remove.mutate({ serviceId, name, confirmName }));
	freshPasswords.dismiss(serviceId, name);
}

/** The clear text of a password; `user` null is the engine's administrator. The server records who asked. */
export async function revealPassword(input: { serviceId: string; user: string | null }): Promise<string> {
	const { serviceId, user } = input;
	const which = user === null ? { kind: 'root' as const } : { kind: 'databaseUser' as const, name: user };
	const { value } = await api.secrets.reveal.mutate({ serviceId, ...which });
	return value;
}
