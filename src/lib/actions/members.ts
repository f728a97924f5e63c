import { invalidateAll } from '$app/navigation';
import { m } from '$lib/i18n/generated/messages';
import { roleWords } from '$lib/i18n/words';
import type { Role } from '$lib/shared/roles';
import { toasts } from '$lib/state/toasts.svelte';
import { api } from '$lib/trpc/api';
import type { RouterOutputs } from '$lib/trpc/client';

export type Member = RouterOutputs['members']['list'][number];
export type Invitation = RouterOutputs['invitations']['list'][number];

/** An invitation's link, which can be read this once. */
export type InvitationLink = { email: string; url: string };

export async function setRole(projectId: string, member: Member, role: Role): Promise<void> {
	await api.members.setRole.mutate({ projectId, userId: member.userId, role });
	await invalidateAll();
	toasts.success(m.members_role_changed({ email: member.email, role: roleWords[role]() }));
}

export async function removeMember(projectId: string, member: Member): Promise<void> {
	await api.members.remove.mutate({ projectId, userId: member.userId });
	await invalidateAll();
	toasts.success(m.members_removed({ email: member.email }));
}

/** Leaves the project; the app then opens another one, or says that there is none. */
export async function leaveProject(project: { id: string; name: string }): Promise<void> {
	await api.members.leave.mutate({ projectId: project.id });
	location.assign('/');
}

/** Makes an invitation and gives its link, with this panel's own address. */
export async function invite(projectId: string, email: string, role: Role): Promise<InvitationLink> {
	const { path } = await api.invitations.create.mutate({ projectId, email, role });
	// The link can be read this once: it does not wait for the list to come anew.
	void invalidateAll();
	return { email: email.trim().toLowerCase(), url: new URL(path, location.origin).href };
}

export async function revokeInvitation(invitation: Invitation): Promise<void> {
	await api.invitations.revoke.mutate({ invitationId: invitation.id });
	await invalidateAll();
	toasts.success(m.invitations_revoked());
}
