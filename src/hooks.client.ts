import type { HandleClientError } from '@sveltejs/kit';
import { m } from '$lib/i18n/generated/messages';

/** What a browser throws when a part of the app cannot be fetched. */
const isOfTheNetwork = (error: unknown) => error instanceof TypeError && /fetch|import/i.test(error.message);

/** The sentence on the error page, in the person's language, for what nobody foresaw. */
export const handleError: HandleClientError = ({ error, status }) => {
	if (status === 404) return { message: m.error_not_found() };
	if (isOfTheNetwork(error)) return { message: m.error_network() };
	console.error(error);
	return { message: m.shell_error_broken_text() };
};
