import { m } from '$lib/i18n/generated/messages';
import type { TokenScope } from '$lib/shared/roles';

/** What each scope is called and lets a token do. */
export const scopeWords: Record<TokenScope, { label: () => string; hint: () => string }> = {
	read: { label: m.tokens_scope_read, hint: m.tokens_scope_read_hint },
	operate: { label: m.tokens_scope_operate, hint: m.tokens_scope_operate_hint },
	manage: { label: m.tokens_scope_manage, hint: m.tokens_scope_manage_hint },
	secrets: { label: m.tokens_scope_secrets, hint: m.tokens_scope_secrets_hint },
	members: { label: m.tokens_scope_members, hint: m.tokens_scope_members_hint },
};
