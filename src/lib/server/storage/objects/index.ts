import type { StorageService } from '../deps';
import { ObjectBytes, type BytesDeps } from './bytes';
import { StorageObjects } from './objects';

/** Objects in the buckets of the services' engines. */
export function createObjects<S extends StorageService>(deps: BytesDeps<S>) {
	return { objects: new StorageObjects<S>(deps), objectBytes: new ObjectBytes<S>(deps) };
}
