import { valkeyConnectionText } from '$lib/shared/connection/redis';
import { redisLike } from '../redis-family/definition';

export const valkey = redisLike({
	id: 'valkey',
	label: 'Valkey',
	server: 'valkey-server',
	versions: ['9', '8'].map((version) => ({
		version,
		image: `valkey/valkey:${version}`,
		isDefault: version === '9',
	})),
	connectionText: valkeyConnectionText,
});
