import { describe } from 'vitest';
import { seaweedfs } from '../../engines/seaweedfs/definition';
import { objectBehaviour } from '../../testing/object-behaviour';

describe('objects on SeaweedFS', () => objectBehaviour(seaweedfs));
