import { formatBytes } from '$lib/i18n/format';
import { m } from '$lib/i18n/generated/messages';
import type { LifecycleRule } from '$lib/shared/storage-rules';

/** Of which sizes the objects are that a rule is for, in words; null when it is for all. */
export function sizeWords({
	largerThanBytes,
	smallerThanBytes,
}: Pick<LifecycleRule, 'largerThanBytes' | 'smallerThanBytes'>): string | null {
	const larger = largerThanBytes === null ? null : formatBytes(largerThanBytes);
	const smaller = smallerThanBytes === null ? null : formatBytes(smallerThanBytes);
	if (larger !== null && smaller !== null) return m.buckets_rule_between({ larger, smaller });
	if (larger !== null) return m.buckets_rule_larger({ larger });
	return smaller === null ? null : m.buckets_rule_smaller({ smaller });
}
