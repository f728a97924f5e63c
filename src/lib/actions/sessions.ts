import { m } from '$lib/i18n/generated/messages';
import { refresh } from '$lib/state/refresh.svelte';
import { toasts } from '$lib/state/toasts.svelte';
import { api } from '$lib/trpc/api';

/** What loads of a server's live connections depend on. */
export const sessionsKey = 'sh0:sessions';

/** Ends one live connection, then lists anew. What the call rejects with is for the caller to show. */
export async function endSession(serviceId: string, id: string): Promise<void> {
	try {
		await api.databaseSessions.end.mutate({ serviceId, id });
	} finally {
		// After a refusal too: it may have ended by itself.
		await refresh(sessionsKey);
	}
	toasts.success(m.sessions_ended());
}
