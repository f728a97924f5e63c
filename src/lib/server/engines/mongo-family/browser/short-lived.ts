import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { Secret } from '../../../secret';
import type { EngineTarget } from '../../engine';
import { withLogin, type Connections, type Session } from '../connections';
import type { Dialect } from '../dialect';
import { ADMIN_DATABASE, SHORT_LIVED_PREFIX } from '../names';
import { replyAs } from '../replies';

/** Older than any call: one that a crash left behind. */
const maxAgeMs = 10 * 60_000;
const cleanEveryMs = 10 * 60_000;

export type Visit = { database: string; role: 'read' | 'readWrite'; timeoutMs: number };
/** Runs with a user that has this one role on this one database and is gone afterwards. */
export type Visitor = <T>(visit: Visit, run: (session: Session) => Promise<T>) => Promise<T>;

function newName(): string {
	return `${SHORT_LIVED_PREFIX}${Date.now().toString(36)}_${randomBytes(6).toString('hex')}`;
}

function ageMs(name: string): number {
	const madeAt = Number.parseInt(name.slice(SHORT_LIVED_PREFIX.length).split('_')[0] ?? '', 36);
	return Number.isNaN(madeAt) ? 0 : Date.now() - madeAt;
}

const usersSchema = z.object({ users: z.array(z.object({ user: z.string() })) });

/** Drops those that a crash left behind; one that cannot be dropped keeps no other. Throws when they cannot be listed. */
async function dropLeftOver({ run }: Pick<Connections, 'run'>): Promise<void> {
	const reply = await run(ADMIN_DATABASE, { usersInfo: 1 });
	const names = replyAs(usersSchema, reply).users.map((one) => one.user);
	for (const name of names.filter((one) => one.startsWith(SHORT_LIVED_PREFIX) && ageMs(one) > maxAgeMs)) {
		await run(ADMIN_DATABASE, { dropUser: name }).catch(() => undefined);
	}
}

/**
 * Makes visitors of one server. Where users have no roles there is nothing to be gained: the root user runs what the list of allowed
 * commands lets through.
 */
export function visitorOf(
	connections: Pick<Connections, 'run'>,
	{ target, dialect }: { target: EngineTarget; dialect: Dialect },
): Visitor {
	let cleanedAt = 0;

	async function visitAsRoot<T>({ timeoutMs }: Visit, run: (session: Session) => Promise<T>): Promise<T> {
		return withLogin({ ...target, authSource: ADMIN_DATABASE }, run, { timeoutMs });
	}

	async function visit<T>(
		{ database, role, timeoutMs }: Visit,
		run: (session: Session) => Promise<T>,
	): Promise<T> {
		if (Date.now() - cleanedAt > cleanEveryMs) {
			cleanedAt = Date.now();
			await dropLeftOver(connections).catch(() => undefined);
		}
		const user = newName();
		const password = new Secret(randomBytes(24).toString('hex'));
		await connections.run(ADMIN_DATABASE, {
			createUser: user,
			pwd: password.reveal(),
			roles: [{ role, db: database }],
			...dialect.passwordFields,
		});
		try {
			return await withLogin({ ...target, user, password, authSource: ADMIN_DATABASE }, run, { timeoutMs });
		} finally {
			// What cannot be dropped now is dropped later.
			await connections.run(ADMIN_DATABASE, { dropUser: user }).catch(() => undefined);
		}
	}

	return dialect.hasRoles ? visit : visitAsRoot;
}
