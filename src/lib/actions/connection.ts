import { connectionText } from '$lib/shared/connection';
import { api } from '$lib/trpc/api';
import type { RouterOutputs } from '$lib/trpc/client';
import { revealPassword } from './databases';

type User = RouterOutputs['databaseUsers']['list']['items'][number];
type Login = { user: string; database: string | null };

/** As many as one call may ask for. */
const pageSize = 200;

/** A user that sh0 knows the password of and that may open a database or has rules of its own. */
function loginOf(users: readonly User[]): Login | undefined {
	return users
		.filter(({ canLogin, hasPassword }) => canLogin && hasPassword)
		.map(({ name, grants, access }) => ({
			user: name,
			database: grants.find(({ level }) => level !== 'none')?.database ?? null,
			hasRules: access !== null,
		}))
		.find(({ database, hasRules }) => database !== null || hasRules);
}

async function findLogin(serviceId: string): Promise<Login | undefined> {
	for (let cursor: string | undefined; ;) {
		const from = cursor === undefined ? {} : { cursor };
		const page = await api.databaseUsers.list.query({ serviceId, limit: pageSize, ...from });
		const login = loginOf(page.items);
		if (login || page.nextCursor === null) return login;
		cursor = page.nextCursor;
	}
}

/**
 * A connection string that works, password included: of the first user that sh0 knows the password of and that may open a database, else
 * of the administrator. The server records that the password was shown.
 */
export async function connectionString(
	serviceId: string,
	engine: string,
): Promise<{ uri: string; user: string }> {
	const [address, login] = await Promise.all([
		api.services.connection.query({ serviceId }),
		findLogin(serviceId),
	]);
	const password = await revealPassword({ serviceId, user: login?.user ?? null });
	const text = connectionText(engine, {
		host: address.host,
		port: address.port,
		user: login?.user ?? address.user,
		database: login?.database ?? address.database,
		password,
	});
	if (!text) throw new Error(`no connection string for ${engine}`);
	return { uri: text.uri, user: login?.user ?? address.user };
}
