import { createDocker, dockerNames, LABEL } from '../docker';
import { Audit } from '../audit/audit';
import { engineById } from '../engines';
import { dataFiles, loadEnv } from '../env';
import { createLogger, Redactor } from '../log';
import { DataCopies } from '../services/data-copies';
import { checkInvariants } from '../services/invariants';
import { ServiceSecrets } from '../services/secrets';
import { openVault } from '../vault';
import type { KillableHouse } from './kill-points';

/** What does not hold now, in sentences; empty when everything does. */
export async function houseInvariants(house: KillableHouse): Promise<string[]> {
	const { instanceId, database } = house;
	const { db } = database;
	const keyFile = dataFiles(house.dataDir).masterKey;
	const checked = await checkInvariants(
		{
			db,
			names: dockerNames(instanceId),
			docker: createDocker({ socketPath: loadEnv({}).dockerSocket, instanceId }),
			vault: openVault({ db, keyFile, instanceId, redactor: new Redactor() }),
			audit: new Audit(db),
			engineById,
			dataDir: house.dataDir,
		},
		{ inFlightMs: 0 },
	);
	return checked.flatMap(({ number, problems }) => problems.map((problem) => `${number}: ${problem}`));
}

/** Removes the volumes that services have no use for any more, as the panel does now and then. */
export async function clearCopies({ instanceId, database, dataDir }: KillableHouse): Promise<void> {
	const { db } = database;
	const docker = createDocker({ socketPath: loadEnv({}).dockerSocket, instanceId });
	const redactor = new Redactor();
	const vault = openVault({ db, keyFile: dataFiles(dataDir).masterKey, instanceId, redactor });
	const log = createLogger({ level: 'error', redactor });
	const secrets = new ServiceSecrets(db, vault);
	await new DataCopies({ db, docker, names: dockerNames(instanceId), secrets, log }).clear();
}

/** Removes every container, volume and network that carries this instance's label, and nothing else. */
export async function removeInstance(instanceId: string): Promise<void> {
	const docker = createDocker({ socketPath: loadEnv().dockerSocket, instanceId });
	const labels = { [LABEL.instance]: instanceId };
	for (const { id } of await docker.containers.list(labels)) await docker.containers.remove(id);
	for (const { name } of await docker.volumes.list(labels)) await docker.volumes.remove(name);
	for (const { name } of await docker.networks.list(labels)) await docker.networks.remove(name);
}
