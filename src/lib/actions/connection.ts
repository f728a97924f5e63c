import { connectionText } from '$lib/shared/connection';
import { api } from '$lib/trpc/api';
import { revealPassword } from './databases';

/** A user that works is nearly always among the first. */
const mostLooked = 50;

/**
 * A connection string that works, password included: of one of the first users that sh0 knows the password of and that may open a
 * database, else of the administrator. The server records that the password was shown.
 */
export async function connectionString(
	serviceId: string,
	engine: string,
): Promise<{ uri: string; user: string }> {
	const [address, users] = await Promise.all([
		api.services.connection.query({ serviceId }),
		api.databaseUsers.list.query({ serviceId, limit: mostLooked }),
	]);
	const login = users.items
		.filter(({ canLogin, hasPassword }) => canLogin && hasPassword)
		.map(({ name, grants, access }) => ({
			user: name,
			database: grants.find(({ level }) => level !== 'none')?.database ?? null,
			hasRules: access !== null,
		}))
		.find(({ database, hasRules }) => database !== null || hasRules);
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
