import { goingOnBehaviour } from './going-on';
import { MIB, useTwoServers, type Pair } from './house';
import { objectsBehaviour } from './objects';
import { sourcesBehaviour } from './sources';

/** What a copy from one storage server into another promises, on real servers of these engines. */
export function copyBehaviour(pair: Pair): void {
	const house = useTwoServers(pair, { memoryBytes: 512 * MIB });
	objectsBehaviour(house);
	goingOnBehaviour(house);
	sourcesBehaviour(house);
}
