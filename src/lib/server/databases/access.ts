import { z } from 'zod';
import type { DatabaseAdmin, UserAccess } from '../engines/engine';
import { AppError } from '../errors';

/** Rules as the engine has them, beside those asked for here. */
export type AccessView = { actual: UserAccess; declared: UserAccess | null; hasDrift: boolean };

const stored = z.object({
	keyPatterns: z.array(z.string()),
	channelPatterns: z.array(z.string()),
	commands: z.array(z.string()),
});

/** What `database_users.access` holds, or null. */
export function declaredAccess(json: string | null): UserAccess | null {
	return json === null ? null : stored.parse(JSON.parse(json));
}

function areSame(a: UserAccess, b: UserAccess): boolean {
	const comparable = ({ keyPatterns, channelPatterns, commands }: UserAccess): string =>
		// The order of patterns says nothing, that of commands does.
		JSON.stringify([[...keyPatterns].sort(), [...channelPatterns].sort(), commands]);
	return comparable(a) === comparable(b);
}

/** Null for an engine without key patterns. Nothing declared is no drift: the user was made by hand. */
export function accessView(actual: UserAccess | null, declared: UserAccess | null): AccessView | null {
	if (actual === null) return null;
	return { actual, declared, hasDrift: declared !== null && !areSame(actual, declared) };
}

/** The user's rules as the engine has them just now. Throws DATABASE_USER_NOT_FOUND, NOT_SUPPORTED. */
export async function readAccess(admin: DatabaseAdmin, name: string): Promise<UserAccess> {
	const user = await admin.findUser(name);
	if (!user) throw new AppError('DATABASE_USER_NOT_FOUND', { details: { name }, field: 'name' });
	if (!user.access) throw new AppError('NOT_SUPPORTED');
	return user.access;
}
