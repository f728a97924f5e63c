import { describe } from 'vitest';
import { minio } from '../../engines/minio/definition';
import { objectBehaviour } from '../../testing/object-behaviour';

describe('objects on MinIO', () => objectBehaviour(minio));
