import { describe } from 'vitest';
import { garage } from '../../engines/garage/definition';
import { objectBehaviour } from '../../testing/object-behaviour';

describe('objects on Garage', () => objectBehaviour(garage));
