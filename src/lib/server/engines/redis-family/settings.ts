import type { SettingSpec } from '$lib/shared/settings';
import { GIB, MIB } from '$lib/shared/units';

export const DEFAULT_DATABASES = 16;

export const EVENTS = 'notify-keyspace-events';
/** Where, then what: the order in which most people write them. The server accepts any and has an order of its own. */
const eventOrder = 'KEAg$lshzxetdmn';

const day = 86_400;

const policies = [
	'noeviction',
	...['allkeys-lru', 'allkeys-lfu', 'allkeys-random'],
	...['volatile-lru', 'volatile-lfu', 'volatile-random', 'volatile-ttl'],
];

/** The server's letters for events, in the order in which they are declared. */
export function eventsInOrder(events: string): string {
	return [...events].sort((a, b) => eventOrder.indexOf(a) - eventOrder.indexOf(b)).join('');
}

type NumberSpec = Omit<Extract<SettingSpec, { type: 'number' }>, 'type' | 'isInteger' | 'needsRestart'>;

function number(spec: NumberSpec, needsRestart = false): SettingSpec {
	return { ...spec, type: 'number', isInteger: true, needsRestart };
}

/** Every setting that can be changed; `bind`, `port`, `dir` and the like are none of them. In the order in which they are shown. */
export const settings: SettingSpec[] = [
	number({ key: 'maxmemory', unit: 'bytes', min: MIB, max: 1_024 * GIB, offValue: 0 }),
	{ key: 'maxmemory-policy', type: 'choice', choices: policies, needsRestart: false },
	{ key: 'appendonly', type: 'boolean', needsRestart: false },
	{ key: 'appendfsync', type: 'choice', choices: ['always', 'everysec', 'no'], needsRestart: false },
	{
		key: 'save',
		type: 'text',
		// Pairs of seconds and changes, or nothing at all.
		pattern: String.raw`([1-9]\d{0,8} [1-9]\d{0,8}( [1-9]\d{0,8} [1-9]\d{0,8}){0,7})?`,
		maxLength: 160,
		needsRestart: false,
	},
	number({ key: 'maxclients', unit: 'count', min: 10, max: 65_000, offValue: null }),
	number({ key: 'timeout', unit: 'seconds', min: 1, max: 365 * day, offValue: 0 }),
	number({ key: 'tcp-keepalive', unit: 'seconds', min: 1, max: day, offValue: 0 }),
	// Less would keep every command with all that stands in it, and operators read what is kept.
	number({
		key: 'slowlog-log-slower-than',
		unit: 'microseconds',
		min: 1_000,
		max: 3_600_000_000,
		offValue: -1,
	}),
	{
		key: EVENTS,
		type: 'text',
		pattern: String.raw`K?E?(A|g?\$?l?s?h?z?x?e?t?d?)m?n?`,
		maxLength: eventOrder.length,
		needsRestart: false,
	},
	number({ key: 'databases', unit: 'count', min: 1, max: 1_024, offValue: null }, true),
];
