import { goto, invalidateAll } from '$app/navigation';
import { forgetLinkToken } from '$lib/components/people/link-token';
import { rememberProject } from './projects';
import { api } from '$lib/trpc/api';

/** Makes the first owner and opens the empty dashboard. Rejects with what the API said. */
export async function setUp(wanted: { token: string; email: string; password: string }): Promise<void> {
	await api.auth.setup.mutate(wanted);
	forgetLinkToken('setup');
	await goto('/', { invalidateAll: true, replaceState: true });
}

/** Signs in and goes on to `next`, one of this panel's own paths. Rejects with what the API said. */
export async function signIn(
	proof: { email: string; password: string; code?: string },
	next: string,
): Promise<void> {
	await api.auth.login.mutate(proof);
	await goto(next, { invalidateAll: true, replaceState: true });
}

/** Joins the project of the invitation and opens it. Rejects with what the API said. */
export async function acceptInvitation(wanted: {
	token: string;
	password: string;
	code?: string;
}): Promise<void> {
	const { projectId } = await api.auth.acceptInvitation.mutate(wanted);
	forgetLinkToken('invitation');
	rememberProject(projectId);
	await goto('/', { invalidateAll: true, replaceState: true });
}

/** Ends this session. The whole page is loaded anew, so that nothing the person saw stays in memory. */
export async function signOut(): Promise<void> {
	await api.auth.logout.mutate();
	location.assign('/login');
}

/** Changes the person's password; their other sessions end. */
export async function changePassword(wanted: {
	currentPassword: string;
	newPassword: string;
	code?: string;
}): Promise<void> {
	await api.auth.changePassword.mutate(wanted);
	await invalidateAll();
}

export async function endSession(sessionId: string): Promise<void> {
	await api.sessions.revoke.mutate({ sessionId });
	await invalidateAll();
}

export async function endOtherSessions(): Promise<void> {
	await api.sessions.revoke.mutate({ others: true });
	await invalidateAll();
}
