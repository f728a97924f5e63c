import type { StorageEngineDefinition } from '../../engines/storage';
import { bucketsBehaviour } from './buckets';
import { emptyingBehaviour } from './emptying';
import { useApiHouse } from './house';
import { keysBehaviour } from './keys';

/** What the API of buckets and keys promises, on a real server of this engine. */
export function storageApiBehaviour(definition: StorageEngineDefinition): void {
	const house = useApiHouse(definition);
	bucketsBehaviour(house);
	emptyingBehaviour(house);
	keysBehaviour(house);
}
