import type { ServiceRow } from '../services/repository';
import { Buckets, type DiskView, type ServerGrowth, type SizeKeeper } from './buckets';
import { DataLimits } from './data-limit';
import type { StorageDeps } from './deps';
import { StorageKeys } from './keys';
import { BucketSampler } from './usage';

export { bucketOperations } from './operations';

/** Buckets and access keys of the services' engines. Nothing runs before `bucketSampler.start()` and `dataLimits.start()`. */
export function createStorage({
	growth,
	machine,
	sizes,
	...deps
}: StorageDeps<ServiceRow> & { growth: ServerGrowth; machine: DiskView; sizes: SizeKeeper }) {
	const dataLimits = new DataLimits(deps);
	return {
		dataLimits,
		buckets: new Buckets<ServiceRow>({ ...deps, growth, machine, sizes, limits: dataLimits }),
		storageKeys: new StorageKeys<ServiceRow>(deps),
		bucketSampler: new BucketSampler(deps),
	};
}
