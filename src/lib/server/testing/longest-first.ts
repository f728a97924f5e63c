import { BaseSequencer, type TestSpecification } from 'vitest/node';

/**
 * The files, or folders of files, that take a minute or more, in the order in which they begin: what begins late should be short, so that
 * no worker is left alone with it at the end. Those that wait for SeaweedFS most of the time stand between those that compute.
 */
export const longest = [
	'src/lib/server/services/storage-seaweedfs.docker.test.ts',
	'src/lib/server/storage/copies/',
	'src/lib/server/testing/kill-create.docker.test.ts',
	'src/lib/server/storage/objects/seaweedfs.docker.test.ts',
	'src/lib/server/testing/kill-create-storage.docker.test.ts',
	'src/lib/server/engines/mysql-family/hostile.docker.test.ts',
	'src/lib/server/engines/seaweedfs/seaweedfs.docker.test.ts',
	'src/lib/server/testing/kill-upgrade.docker.test.ts',
	'src/lib/server/storage/limits.docker.test.ts',
	'src/lib/server/testing/canary/canary.built.test.ts',
	'src/lib/server/engines/postgres/hostile.docker.test.ts',
	'src/lib/server/storage/seaweedfs.docker.test.ts',
];

/** Vitest's order by what it remembers or by the files' sizes, after the longest. */
export class LongestFirst extends BaseSequencer {
	override async sort(specs: TestSpecification[]): Promise<TestSpecification[]> {
		const placeOf = ({ moduleId }: TestSpecification) => {
			const place = longest.findIndex((file) => moduleId.includes(`/${file}`));
			return place === -1 ? longest.length : place;
		};
		const usual = await super.sort(specs);
		return usual.sort((one, other) => placeOf(one) - placeOf(other));
	}
}
