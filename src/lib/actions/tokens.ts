import { invalidateAll } from '$app/navigation';
import { m } from '$lib/i18n/generated/messages';
import type { TokenScope } from '$lib/shared/roles';
import { toasts } from '$lib/state/toasts.svelte';
import { api } from '$lib/trpc/api';
import type { RouterOutputs } from '$lib/trpc/client';

export type ApiToken = RouterOutputs['tokens']['list'][number];

/** A new token's clear text, which can be read this once. */
export type NewToken = { name: string; token: string };

export async function createToken(wanted: {
	projectId: string;
	name: string;
	scopes: TokenScope[];
	expiresInDays: number;
	password: string;
	code?: string;
}): Promise<NewToken> {
	const { token } = await api.tokens.create.mutate(wanted);
	// The token can be read this once: it does not wait for the list to come anew.
	void invalidateAll();
	return { name: wanted.name, token };
}

export async function revokeToken(token: ApiToken): Promise<void> {
	await api.tokens.revoke.mutate({ tokenId: token.id });
	await invalidateAll();
	toasts.success(m.tokens_revoked());
}
