import { describe } from 'vitest';
import { seaweedfs } from '../engines/seaweedfs/definition';
import { storageApiBehaviour } from '../testing/storage-api-behaviour';

describe('SeaweedFS through the API', () => storageApiBehaviour(seaweedfs));
