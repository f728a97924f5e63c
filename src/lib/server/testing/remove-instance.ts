import { createDocker } from '../docker';
import { loadEnv } from '../env';

/** Removes every container, volume and network that carries this instance's label, and nothing else. */
export async function removeInstance(instanceId: string): Promise<void> {
	const docker = createDocker({ socketPath: loadEnv().dockerSocket, instanceId });
	for (const { id } of await docker.containers.list()) await docker.containers.remove(id);
	for (const { name } of await docker.volumes.list()) await docker.volumes.remove(name);
	for (const { name } of await docker.networks.list()) await docker.networks.remove(name);
}
