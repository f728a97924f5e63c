import { error } from '@sveltejs/kit';
import { loadServer } from '$lib/components/services/loads';
import { sentenceOfCode } from '$lib/i18n/error-sentences';
import type { LayoutLoad } from './$types';

/** `storage` is what the engine can do and how: the tabs and what stands in them follow from it. */
export const load: LayoutLoad = async (event) => {
	const { service, may } = await loadServer(event);
	if (service.storage === null) error(404, sentenceOfCode('NOT_FOUND'));
	return { service, storage: service.storage, may };
};
