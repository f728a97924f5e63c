import type { SettingSpec, SettingValue, SettingValues } from '$lib/shared/settings';
import type { Configurable, DatabaseEngineDefinition } from '../../engines/engine';
import { AppError } from '../../errors';

const number = { type: 'number', unit: 'count', min: 1, max: 1000, isInteger: true, offValue: null } as const;

/** One of each kind: `room` and `mode` need a new start; `work` follows from the memory size, `limit` has a default of the engine. */
const specs: SettingSpec[] = [
	{ ...number, key: 'room', needsRestart: true },
	{ key: 'mode', type: 'choice', choices: ['slow', 'fast'], needsRestart: true },
	{ ...number, key: 'work', needsRestart: false },
	{ ...number, key: 'limit', needsRestart: false },
	{ key: 'loud', type: 'boolean', needsRestart: false },
	{ key: 'events', type: 'text', pattern: '[a-z]*', maxLength: 10, needsRestart: false },
];

const defaults: SettingValues = { room: 10, mode: 'slow', work: 1, limit: 5, loud: false, events: '' };

/** An engine in memory whose settings can be changed, for the rules around it. */
export class FakeConfigurable implements Configurable {
	/** In force. */
	readonly values: SettingValues = { ...defaults };
	/** Each call of `apply`. */
	readonly applied: Record<string, SettingValue | null>[] = [];
	/** Keys whose values `apply` throws for. */
	readonly refused = new Set<string>();
	/** Keys whose values it takes without a word and without effect. */
	readonly ignored = new Set<string>();
	/** Rounds numbers down to a multiple. */
	roundsTo = 1;

	settings(): SettingSpec[] {
		return specs;
	}

	profile({ memoryBytes }: { memoryBytes: number }): SettingValues {
		return { room: memoryBytes / 10, work: memoryBytes / 100 };
	}

	read(): Promise<SettingValues> {
		return Promise.resolve({ ...this.values });
	}

	apply(_target: unknown, values: Record<string, SettingValue | null>): Promise<void> {
		this.applied.push(values);
		const key = Object.keys(values).find((candidate) => this.refused.has(candidate));
		if (key !== undefined) return Promise.reject(new AppError('SETTING_REFUSED', { details: { key } }));
		for (const [name, value] of Object.entries(values)) {
			const next = value ?? defaults[name];
			if (next !== undefined && !this.ignored.has(name)) this.values[name] = this.#rounded(next);
		}
		return Promise.resolve();
	}

	/** As if its container had been started with these arguments; what was set in it is forgotten. */
	startAnew(values: SettingValues): void {
		Object.assign(this.values, defaults, values);
	}

	#rounded(value: SettingValue): SettingValue {
		return typeof value === 'number' ? Math.floor(value / this.roundsTo) * this.roundsTo : value;
	}
}

/** An engine of which nothing but its settings is ever used. */
export function fakeEngine(configurable: Configurable | null): DatabaseEngineDefinition {
	const never = () => Promise.reject(new Error('not an engine that runs'));
	return {
		...{ id: 'fake', kind: 'database', label: 'Fake', notice: null },
		versions: [{ version: '1', image: null, isDefault: true }],
		lifecycle: {
			...{ rootUser: 'root', minMemoryBytes: 1, defaultMemoryBytes: 1 },
			containerSpec: ({ settings }) => ({
				...{ env: {}, command: Object.keys(settings), volumePath: '/data', port: 1, capabilities: [] },
				...{ tmpfs: {}, shmSizeBytes: 0, stopSignal: 'SIGTERM', stopTimeoutSeconds: 1, pidsLimit: 1 },
			}),
			mayRewriteData: () => false,
			probe: () => Promise.resolve(),
			setRootPassword: never,
		},
		...(configurable ? { configurable } : {}),
	};
}
