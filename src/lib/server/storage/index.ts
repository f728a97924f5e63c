import type { ServiceRow } from '../services/repository';
import { Buckets } from './buckets';
import type { StorageDeps } from './deps';
import { StorageKeys } from './keys';
import { BucketSampler } from './usage';

export { bucketOperations } from './operations';

/** Buckets and access keys of the services' engines. Nothing runs before `bucketSampler.start()`. */
export function createStorage(deps: StorageDeps<ServiceRow>) {
	return {
		buckets: new Buckets<ServiceRow>(deps),
		storageKeys: new StorageKeys<ServiceRow>(deps),
		bucketSampler: new BucketSampler(deps),
	};
}
