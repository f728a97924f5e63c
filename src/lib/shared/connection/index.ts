import { mongodbConnectionText } from './mongodb';
import { mariadbConnectionText, mysqlConnectionText } from './mysql';
import { postgresConnectionText } from './postgres';
import { redisConnectionText, valkeyConnectionText } from './redis';
import type { ConnectionFacts, ConnectionText } from './text';

export * from './s3';
export * from './text';

/** By engine id; here and not in the engine, so that a page can put a revealed password into the texts without sending it anywhere. */
const byEngine = new Map<string, (facts: ConnectionFacts) => ConnectionText>([
	['postgres', postgresConnectionText],
	['mysql', mysqlConnectionText],
	['mariadb', mariadbConnectionText],
	['mongodb', mongodbConnectionText],
	['ferretdb', mongodbConnectionText],
	['redis', redisConnectionText],
	['valkey', valkeyConnectionText],
]);

/** How to connect to a service of this engine, or null for an engine that has no such texts. */
export function connectionText(engine: string, facts: ConnectionFacts): ConnectionText | null {
	return byEngine.get(engine)?.(facts) ?? null;
}
