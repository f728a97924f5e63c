import { formatBytes } from '$lib/i18n/format';
import { m } from '$lib/i18n/generated/messages';
import type { Service } from './service';

export type Attention = NonNullable<Service['attention']>;
export type Drift = Service['drift'][number];

/** Why somebody should look at a service. */
export const attentionSentences: Record<Attention, (input: { name: string }) => string> = {
	failed: m.attention_failed,
	data_lost: m.attention_data_lost,
	out_of_memory: m.attention_out_of_memory,
	not_starting: m.attention_not_starting,
	not_answering: m.attention_not_answering,
	drift: m.attention_drift,
};

const driftWords: Record<Drift['field'], () => string> = {
	name: m.drift_name,
	image: m.drift_image,
	memory: m.drift_memory,
	port: m.drift_port,
	volume: m.drift_volume,
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
