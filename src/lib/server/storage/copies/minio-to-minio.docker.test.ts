import { describe } from 'vitest';
import { minio } from '../../engines/minio/definition';
import { copyBehaviour } from '../../testing/copy-behaviour';

describe('copying from MinIO to MinIO', () => copyBehaviour({ source: minio, target: minio }));
