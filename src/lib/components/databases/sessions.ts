import { m } from '$lib/i18n/generated/messages';
import type { RouterOutputs } from '$lib/trpc/client';

export type Session = RouterOutputs['databaseSessions']['list']['sessions'][number];
export type SlowQuery = RouterOutputs['databaseSessions']['slowQueries']['queries'][number];

export const sessionStateWords: Record<Session['state'], () => string> = {
	active: m.sessions_state_active,
	idle: m.sessions_state_idle,
	idleInTransaction: m.sessions_state_idle_in_transaction,
	other: m.sessions_state_other,
};

/** True when any of what tells a session apart holds the text. */
export function matchesSession(session: Session, wanted: string): boolean {
	const { user, database, client, application, query } = session;
	return [user, database, client, application, query].some((text) => text?.toLowerCase().includes(wanted));
}
