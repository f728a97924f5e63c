import { formatNumber } from '$lib/i18n/format';
import { m } from '$lib/i18n/generated/messages';
import type { RouterOutputs } from '$lib/trpc/client';

export type StorageKey = RouterOutputs['storageKeys']['list']['items'][number];
export type Rights = { read: boolean; write: boolean; owner: boolean };

/** Every set of rights that a key can have in a bucket, weakest first. */
export const levels = [
	'none',
	'read',
	'write',
	'readWrite',
	'owner',
	'readOwner',
	'writeOwner',
	'all',
] as const;
export type Level = (typeof levels)[number];

export const levelWords: Record<Level, () => string> = {
	none: m.word_rights_none,
	read: m.word_rights_read,
	write: m.word_rights_write,
	readWrite: m.word_rights_read_write,
	owner: m.word_rights_owner,
	readOwner: m.word_rights_read_owner,
	writeOwner: m.word_rights_write_owner,
	all: m.word_rights_all,
};

export const rightsOf: Record<Level, Rights> = {
	none: { read: false, write: false, owner: false },
	read: { read: true, write: false, owner: false },
	write: { read: false, write: true, owner: false },
	readWrite: { read: true, write: true, owner: false },
	owner: { read: false, write: false, owner: true },
	readOwner: { read: true, write: false, owner: true },
	writeOwner: { read: false, write: true, owner: true },
	all: { read: true, write: true, owner: true },
};

/** What a key may do in a bucket; rights that its list does not name are none at all. */
export function levelIn({ permissions }: Pick<StorageKey, 'permissions'>, bucket: string): Level {
	const found = permissions.find((permission) => permission.bucket === bucket) ?? rightsOf.none;
	return (
		levels.find((level) => {
			const { read, write, owner } = rightsOf[level];
			return read === found.read && write === found.write && owner === found.owner;
		}) ?? 'none'
	);
}

export const isOver = ({ expiresAt }: Pick<StorageKey, 'expiresAt'>): boolean =>
	expiresAt !== null && expiresAt.getTime() <= Date.now();

const dayMs = 24 * 60 * 60_000;
export const keyLifetimes = ['never', '7', '30', '90', '365'] as const;
export type KeyLifetime = (typeof keyLifetimes)[number];

/** When a key ends that begins now; null: never. */
export function endOf(lifetime: KeyLifetime, nowMs = Date.now()): Date | null {
	return lifetime === 'never' ? null : new Date(nowMs + Number(lifetime) * dayMs);
}

/** What a lifetime is called where one is chosen. */
export function lifetimeWord(lifetime: KeyLifetime): string {
	return lifetime === 'never'
		? m.keys_never_ends()
		: m.tokens_expiry_days({ days: formatNumber(Number(lifetime)) });
}
