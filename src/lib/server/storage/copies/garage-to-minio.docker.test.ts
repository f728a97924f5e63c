import { describe } from 'vitest';
import { garage } from '../../engines/garage/definition';
import { minio } from '../../engines/minio/definition';
import { copyBehaviour } from '../../testing/copy-behaviour';

describe('copying from Garage to MinIO', () => copyBehaviour({ source: garage, target: minio }));
