import { describe, it } from 'vitest';
import { engineById } from '../engines';
import { testDocker } from './test-docker';

/** The versions of an engine whose image is on this machine. */
export async function versionsHere(engine: string, versions: readonly string[]): Promise<string[]> {
	const { images } = testDocker();
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
