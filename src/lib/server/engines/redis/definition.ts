import { redisConnectionText } from '$lib/shared/connection/redis';
import { redisLike } from '../redis-family/definition';
import { officialVersions } from '../versions';

export const redis = redisLike({
	id: 'redis',
	label: 'Redis',
	server: 'redis-server',
	versions: officialVersions('redis', ['8', '7']),
	connectionText: redisConnectionText,
});
