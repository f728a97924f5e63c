import { getApp } from '$lib/server/app';
import { previewInvitation } from '$lib/server/auth/invitation-acceptance';
import type { PageServerLoad } from './$types';

export const load: PageServerLoad = ({ url, setHeaders }) => {
	// The address holds a secret until the page has taken it out.
	setHeaders({ 'referrer-policy': 'no-referrer' });
	const token = url.searchParams.get('token');
	const preview = token === null ? null : previewInvitation(getApp().db, token);
	// Whoever holds the link learns no more than whom it is for: the project, its people and the role show after accepting.
	return preview === null
		? { token, email: null, hasAccount: false }
		: { token, email: preview.email, hasAccount: preview.hasAccount };
};
