import { goto, invalidateAll } from '$app/navigation';
import { forgetLinkToken } from '$lib/components/people/link-token';
import { m } from '$lib/i18n/generated/messages';
import { toasts } from '$lib/state/toasts.svelte';
import { api } from '$lib/trpc/api';
import type { RouterOutputs } from '$lib/trpc/client';
import { rememberProject } from './projects';

export type Session = RouterOutputs['sessions']['list'][number];
export type Enrollment = RouterOutputs['auth']['secondFactor']['enroll'];

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

/** Ends one other session of the person. */
export async function endSession(session: Session): Promise<void> {
	await api.sessions.revoke.mutate({ sessionId: session.id });
	await invalidateAll();
	toasts.success(m.security_sessions_ended());
}

/** Ends every session of the person but this one. */
export async function endOtherSessions(): Promise<void> {
	const others = (await api.sessions.list.query()).filter((session) => !session.isCurrent);
	for (const { id } of others) await api.sessions.revoke.mutate({ sessionId: id });
	await invalidateAll();
	toasts.success(m.security_sessions_others_ended());
}

/** Begins the set-up of the second step; what it answers can be read this once. */
export function enrollSecondFactor(password: string): Promise<Enrollment> {
	return api.auth.secondFactor.enroll.mutate({ password });
}

/** Turns the second step on and gives the recovery codes, which can be read this once. */
export async function confirmSecondFactor(code: string): Promise<string[]> {
	const { recoveryCodes } = await api.auth.secondFactor.confirm.mutate({ code });
	return recoveryCodes;
}

/** New recovery codes, which can be read this once; the old ones stop working. */
export async function renewRecoveryCodes(proof: { password: string; code: string }): Promise<string[]> {
	const { recoveryCodes } = await api.auth.secondFactor.renewRecoveryCodes.mutate(proof);
	return recoveryCodes;
}

export async function disableSecondFactor(proof: { password: string; code: string }): Promise<void> {
	await api.auth.secondFactor.disable.mutate(proof);
	await invalidateAll();
	toasts.success(m.security_second_disabled());
}
