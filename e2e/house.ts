import { openDatabase, type Database } from '../src/lib/server/db/client';
import { getOrCreateInstance } from '../src/lib/server/db/instance';
import { createDocker, type Docker } from '../src/lib/server/docker';
import { dataFiles, loadEnv } from '../src/lib/server/env';
import { removeInstance } from '../src/lib/server/testing/house-check';
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
