import { eq } from 'drizzle-orm';
import { newOpaqueToken, sha256Hex } from '../src/lib/server/auth/opaque-token';
import { openDatabase, writeTransaction, type Database } from '../src/lib/server/db/client';
import { getOrCreateInstance } from '../src/lib/server/db/instance';
import { invitations, members } from '../src/lib/server/db/schema';
import { createDocker, type Docker } from '../src/lib/server/docker';
import { dataFiles, loadEnv } from '../src/lib/server/env';
import { newId } from '../src/lib/server/ids';
import { removeInstance } from '../src/lib/server/testing/house-check';
import { seedPeople, type Person, type SeededPeople } from '../src/lib/server/testing/surface-seed';
import type { Panel } from './panel';

/** The database of a panel, beside its own connection. Close it when done. */
export function openPanelDatabase(panel: Panel): Database {
	return openDatabase({
		file: dataFiles(panel.dataDir).database,
		migrationsDir: loadEnv({}).migrationsDir,
	});
}

/** Docker as this panel sees it: only its own containers. */
export function dockerOf(panel: Panel): Docker {
	return createDocker({ socketPath: loadEnv().dockerSocket, instanceId: instanceIdOf(panel) });
}

/** Ends a panel and removes its containers, volumes, networks and data folder. */
export async function demolish(panel: Panel): Promise<void> {
	const instanceId = instanceIdOf(panel);
	await panel.stop();
	await removeInstance(instanceId);
	panel.remove();
}

function instanceIdOf(panel: Panel): string {
	const database = openPanelDatabase(panel);
	try {
		return getOrCreateInstance(database.db).instanceId;
	} finally {
		database.close();
	}
}

const dayMs = 86_400_000;

/** The path of an invitation that nobody has taken. */
export function seedInvitation({ db }: Database, { projectId, people }: SeededPeople, email: string): string {
	const token = newOpaqueToken();
	const now = new Date();
	writeTransaction(db, (tx) =>
		tx
			.insert(invitations)
			.values({
				id: newId('invitation'),
				projectId,
				email,
				role: 'viewer',
				invitedBy: people.owner.id,
				tokenHash: sha256Hex(token),
				createdAt: now,
				expiresAt: new Date(now.getTime() + dayMs),
			})
			.run(),
	);
	return `/invitation?token=${token}`;
}

/** Somebody who is in no project any more. */
export function seedLoner({ db }: Database): Person {
	const { viewer } = seedPeople(db).people;
	writeTransaction(db, (tx) => tx.delete(members).where(eq(members.userId, viewer.id)).run());
	return viewer;
}
