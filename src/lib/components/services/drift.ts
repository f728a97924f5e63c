import { formatBytes } from '$lib/i18n/format';
import { m } from '$lib/i18n/generated/messages';
import type { Service } from './service';

type Drift = Service['drift'][number];

const driftWords: Record<Drift['field'], () => string> = {
	name: m.drift_name,
	image: m.drift_image,
	memory: m.drift_memory,
	port: m.drift_port,
	volume: m.drift_volume,
	network: m.drift_network,
	restartPolicy: m.drift_restart_policy,
	settings: m.drift_settings,
};

/** What differs between a container and what is on record for it. */
export function driftSentence({ field, expected, actual }: Drift): string {
	const what = driftWords[field]();
	if (expected === null) return what;
	const spoken = (value: string | null) => {
		if (value === null) return m.drift_nothing();
		return field === 'memory' ? formatBytes(Number(value)) : value;
	};
	return m.drift_differs({ what, expected: spoken(expected), actual: spoken(actual) });
}
