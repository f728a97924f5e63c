import { encodeKey } from '../s3-family/paths';
import { REGION } from '../s3-family/container';
import type { StorageEngineDefinition } from '../storage';
import { connectAdmin } from './admin';
import { capabilities, traits } from './capabilities';
import { lifecycle } from './lifecycle';

export const garage: StorageEngineDefinition = {
	id: 'garage',
	kind: 'storage',
	label: 'Garage',
	notice: null,
	versions: [{ version: '2', image: 'dxflrs/garage:v2.5.0', isDefault: true }],
	lifecycle,
	storageAdmin: {
		region: REGION,
		capabilities: () => capabilities,
		traits: () => traits,
		connect: async (target) => connectAdmin(target),
		publicObject: ({ bucket, key }) => ({ role: 'web', host: bucket, path: `/${encodeKey(key)}` }),
		refusal: () => null,
		consolePath: null,
	},
};
