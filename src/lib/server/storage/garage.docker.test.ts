import { describe } from 'vitest';
import { garage } from '../engines/garage/definition';
import { storageApiBehaviour } from '../testing/storage-api-behaviour';

describe('Garage through the API', () => storageApiBehaviour(garage));
