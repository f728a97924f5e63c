import { m } from '$lib/i18n/generated/messages';
import type { Service } from './service';

type Reason = NonNullable<NonNullable<Service['upgrade']>['reason']>;

/** Why there is a newer image. */
export const upgradeReasons: Record<Reason, () => string> = {
	tag: m.upgrade_reason_tag,
	recipe: m.upgrade_reason_recipe,
	packages: m.upgrade_reason_packages,
};
