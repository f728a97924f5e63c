export const accessPresets = ['app', 'write', 'read'] as const;
export type AccessPreset = (typeof accessPresets)[number];

/**
 * Commands of a Redis or Valkey user by what it is for; their order counts. SCAN, KEYS, RANDOMKEY and DBSIZE ignore key patterns and
 * would tell the names of other users' keys, scripts run on, SELECT leads to the other databases; clients ask INFO when they connect.
 */
export const presetCommands: Record<AccessPreset, readonly string[]> = {
	/** Everything but administration: for an app that has the server to itself. */
	app: [
		...['+@all', '-@admin', '-@dangerous'],
		...['+info', '+keys', '+flushdb', '+flushall', '+sort', '+client|list', '+client|kill', '+config|get'],
	],
	write: [
		...['+@read', '+@write', '+@connection', '+@transaction', '+@pubsub', '-@dangerous', '-@scripting'],
		...['-scan', '-randomkey', '-dbsize', '-keys', '-flushdb', '-flushall', '-swapdb', '-select', '+info'],
	],
	read: [
		...['+@read', '+@connection', '-@dangerous', '-@scripting'],
		...['-scan', '-randomkey', '-dbsize', '-keys', '-select', '+info'],
	],
};
