import { encodeKey } from '../s3-family/paths';
import { REGION } from '../s3-family/container';
import type { StorageEngineDefinition } from '../storage';
import { capabilities, traits } from './capabilities';
import { lifecycle } from './lifecycle';
import { refusal } from './refusal';

export const seaweedfs: StorageEngineDefinition = {
	id: 'seaweedfs',
	kind: 'storage',
	label: 'SeaweedFS',
	notice: null,
	versions: [{ version: '4', image: null, isDefault: true }],
	lifecycle,
	storageAdmin: {
		region: REGION,
		capabilities: () => capabilities,
		traits: () => traits,
		// The S3 SDK is loaded when a server is first asked.
		connect: async (target) => (await import('./admin')).connectAdmin(target),
		publicObject: ({ bucket, key }) => ({ role: 's3', host: null, path: `/${bucket}/${encodeKey(key)}` }),
		refusal,
		consolePath: null,
	},
};
