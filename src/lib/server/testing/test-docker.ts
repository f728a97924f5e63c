import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { createDocker } from '../docker';
import { loadEnv } from '../env';
import { createImages } from '../images';

/** The real Docker as an instance of a test's own, and images whose digests nobody remembers. `name`: for the one thing that it makes. */
export function testDocker() {
	const instanceId = randomBytes(4).toString('hex');
	const env = loadEnv();
	const docker = createDocker({ socketPath: env.dockerSocket, instanceId });
	const images = createImages({
		docker: docker.client,
		digests: { find: () => undefined, record: () => undefined },
		imagesDir: env.imagesDir,
		dataDir: tmpdir(),
	});
	return { docker, images, instanceId, name: `sh0-${instanceId}-test` };
}
