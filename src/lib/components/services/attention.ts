import { m } from '$lib/i18n/generated/messages';
import type { Service } from './service';

export type Attention = NonNullable<Service['attention']>;

/** Why somebody should look at a service. */
export const attentionSentences: Record<Attention, (input: { name: string }) => string> = {
	failed: m.attention_failed,
	data_lost: m.attention_data_lost,
	out_of_memory: m.attention_out_of_memory,
	not_starting: m.attention_not_starting,
	not_answering: m.attention_not_answering,
	data_full: m.attention_data_full,
	drift: m.attention_drift,
};

/** True where it does not work, false where it only could be better. */
export function isGrave(attention: Attention): boolean {
	return attention !== 'drift' && attention !== 'data_full';
}
