import { describe } from 'vitest';
import { minio } from '../engines/minio/definition';
import { storageLifeBehaviour } from '../testing/storage-life-behaviour';

describe('a MinIO server', () => storageLifeBehaviour(minio));
