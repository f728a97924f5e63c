import { valkeyConnectionText } from '$lib/shared/connection/redis';
import { redisLike } from '../redis-family/definition';
import { officialVersions } from '../versions';

export const valkey = redisLike({
	id: 'valkey',
	label: 'Valkey',
	server: 'valkey-server',
	versions: officialVersions('valkey/valkey', ['9', '8']),
	connectionText: valkeyConnectionText,
});
