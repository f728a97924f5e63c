import { getApp } from '$lib/server/app';
import { requireSetupToken } from '$lib/server/auth/setup';
import { isAppError } from '$lib/server/errors';
import type { PageServerLoad } from './$types';

export type SetupState = 'needsLink' | 'ready' | 'invalid' | 'done';

export const load: PageServerLoad = ({ url, setHeaders }) => {
	// The address holds a secret until the page has taken it out.
	setHeaders({ 'referrer-policy': 'no-referrer' });
	const token = url.searchParams.get('token');
	return { token, state: stateOf(token) };
};

/** Looked at before anybody chooses a password for a link that does not work. */
function stateOf(token: string | null): SetupState {
	const { auth, db } = getApp();
	if (auth.hasOwner()) return 'done';
	if (token === null) return 'needsLink';
	try {
		requireSetupToken(db, token);
		return 'ready';
	} catch (error) {
		if (isAppError(error, 'SETUP_DONE')) return 'done';
		if (isAppError(error, 'SETUP_LINK_INVALID')) return 'invalid';
		throw error;
	}
}
