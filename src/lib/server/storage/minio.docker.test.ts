import { describe } from 'vitest';
import { minio } from '../engines/minio/definition';
import { storageApiBehaviour } from '../testing/storage-api-behaviour';

describe('MinIO through the API', () => storageApiBehaviour(minio));
