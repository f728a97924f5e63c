import { describe } from 'vitest';
import { seaweedfs } from '../engines/seaweedfs/definition';
import { storageLifeBehaviour } from '../testing/storage-life-behaviour';

describe('a SeaweedFS server', () => storageLifeBehaviour(seaweedfs));
