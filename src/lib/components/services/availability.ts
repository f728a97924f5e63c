import { m } from '$lib/i18n/generated/messages';
import type { ImageAvailability } from '$lib/shared/services';

/** What loads of the catalogue depend on. */
export const catalogueKey = 'sh0:catalogue';

/** Where a version's image would come from, as a person needs to know it before choosing. */
export const availabilitySentences: Record<ImageAvailability, () => string> = {
	present: m.availability_present,
	pullable: m.availability_pullable,
	buildable: m.availability_buildable,
	unavailable: m.availability_unavailable,
	unknown: m.availability_unknown,
};
