import { m } from '$lib/i18n/generated/messages';
import type { Service } from './service';

type Upgrade = Service['upgrade'];
type Reason = NonNullable<NonNullable<Upgrade>['reason']>;

/** What is known of a newer image. While an upgrade is under way nothing is: which image stays is settled at its end only. */
export function upgradeStateOf(
	operation: Service['operation'],
	upgrade: Upgrade,
): 'running' | 'available' | 'newest' | 'unknown' {
	if (operation?.kind === 'service.upgrade') return 'running';
	if (upgrade === null) return 'unknown';
	return upgrade.isAvailable ? 'available' : 'newest';
}

/** Why there is a newer image. */
export const upgradeReasons: Record<Reason, () => string> = {
	tag: m.upgrade_reason_tag,
	recipe: m.upgrade_reason_recipe,
	packages: m.upgrade_reason_packages,
};
