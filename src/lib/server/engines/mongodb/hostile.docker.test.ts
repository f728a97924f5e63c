import { describe, it } from 'vitest';
import { describeHostileMongo } from '../../testing/hostile-mongo';
import { mongodbVersionsHere } from '../../testing/images-here';
import { mongodb } from './definition';

const versions = await mongodbVersionsHere();

for (const version of ['8', '7'].filter((one) => !versions.includes(one))) {
	describe.skip(`hostile strings on MongoDB ${version}: not run, mongo:${version} is not on this machine`, () => {
		it('work exactly or are refused with a reason', () => undefined);
	});
}

for (const version of versions) describeHostileMongo(mongodb, version, /^__system$/iu);
