import { z } from 'zod';

/** Every row's id: a short prefix that names its kind, then 20 characters of lower-case base32 (100 random bits). */
export const idPrefixes = {
	user: 'usr',
	project: 'prj',
	service: 'svc',
	operation: 'opr',
	invitation: 'inv',
	token: 'tok',
	recoveryCode: 'rcc',
	databaseUser: 'dbu',
	storageCopy: 'cpy',
} as const;
export type IdKind = keyof typeof idPrefixes;

/** The schema of an id of one kind. A well-formed id that does not exist answers NOT_FOUND, as a foreign one does. */
export function idSchema(kind: IdKind) {
	return z.string().regex(new RegExp(`^${idPrefixes[kind]}_[a-z2-7]{20}$`));
}
