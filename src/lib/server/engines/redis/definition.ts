import { redisConnectionText } from '$lib/shared/connection/redis';
import { redisLike } from '../redis-family/definition';

export const redis = redisLike({
	id: 'redis',
	label: 'Redis',
	server: 'redis-server',
	versions: ['8', '7'].map((version) => ({ version, image: `redis:${version}`, isDefault: version === '8' })),
	connectionText: redisConnectionText,
});
