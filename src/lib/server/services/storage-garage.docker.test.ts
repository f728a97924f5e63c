import { describe } from 'vitest';
import { garage } from '../engines/garage/definition';
import { storageLifeBehaviour } from '../testing/storage-life-behaviour';

describe('a Garage server', () => storageLifeBehaviour(garage));
