import { tmpdir } from 'node:os';
import { describe, it } from 'vitest';
import { createDocker } from '../docker';
import { engineById } from '../engines';
import { loadEnv } from '../env';
import { createImages } from '../images';

/** The versions of an engine whose image is on this machine. */
export async function versionsHere(engine: string, versions: readonly string[]): Promise<string[]> {
	const env = loadEnv();
	const docker = createDocker({ socketPath: env.dockerSocket, instanceId: '00000000' });
	const images = createImages({
		docker: docker.client,
		digests: { find: () => undefined, record: () => undefined },
		imagesDir: env.imagesDir,
		dataDir: tmpdir(),
	});
	const here: string[] = [];
	for (const version of versions) {
		if ((await images.availability({ engine, version })) === 'present') here.push(version);
	}
	return here;
}

const mongodbVersions = ['8', '7'];

/** The versions of MongoDB whose official image is on this machine; `MONGODB_VERSIONS=8,7` asks for them anyway. */
export async function mongodbVersionsHere(): Promise<string[]> {
	return process.env.MONGODB_VERSIONS?.split(',') ?? versionsHere('mongodb', mongodbVersions);
}

/** Names, as a skipped test, each version that is not run because only a registry has its image. */
export function skipByName(
	what: string,
	{ engine, here, all }: { engine: string; here: readonly string[]; all: readonly string[] },
): void {
	for (const version of all.filter((one) => !here.includes(one))) {
		const { label, versions } = engineById(engine);
		const image = versions.find((one) => one.version === version)?.image;
		describe.skip(`${what} ${label} ${version}: not run, its official image ${image} is not on this machine`, () => {
			it('is held to the same as every other', () => undefined);
		});
	}
}
