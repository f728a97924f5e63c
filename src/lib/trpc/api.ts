import { browser } from '$app/environment';
import { error, redirect } from '@sveltejs/kit';
import { errorCodes } from '$lib/shared/error-codes';
import { knownError, sentenceOf, type KnownError } from '$lib/i18n/errors';
import { connection } from '$lib/state/connection';
import { createClient, type Client } from './client';
import { patientFetch } from './patient-fetch';

/** The sentences of errors are loaded with the first answer that is one, before anybody can ask for them. */
function withSentences(fetch: typeof globalThis.fetch): typeof globalThis.fetch {
	return async (input, init) => {
		const response = await fetch(input, init);
		if (!response.ok) await import('$lib/i18n/error-sentences').catch(() => undefined);
		return response;
	};
}

/** The browser's one client, for what happens after a page was loaded. Never used while rendering on the server. */
export const api: Client = createClient({ fetch: withSentences((input, init) => fetch(input, init)) });

/**
 * A client for a universal `load`: what the server fetched is inlined in the page and not asked for again. In the browser a read waits
 * while sh0 does not answer, so that the open page stays.
 */
export function pageClient(fetch: typeof globalThis.fetch): Client {
	return createClient({ fetch: withSentences(browser ? patientFetch(fetch, connection) : fetch) });
}

const statusOf: Partial<Record<(typeof errorCodes)[keyof typeof errorCodes], number>> = {
	NOT_FOUND: 404,
	FORBIDDEN: 403,
	BAD_REQUEST: 404,
	TOO_MANY_REQUESTS: 429,
};

/**
 * For what a page cannot do without: the answer, or the error page with the sentence of what went wrong. Who is signed out goes to the
 * sign-in page, or to `signInAt` where the load knows the way back.
 */
export async function orErrorPage<T>(answer: Promise<T>, signInAt = '/login'): Promise<T> {
	try {
		return await answer;
	} catch (thrown) {
		const known = knownError(thrown);
		if (known?.code === 'NOT_SIGNED_IN') redirect(303, signInAt);
		error((known && statusOf[errorCodes[known.code]]) ?? 500, sentenceOf(thrown));
	}
}

/** What a part of a page got: its data, or why there is none. The rest of the page stands. */
export type Settled<T> = { data: T; problem: null } | { data: null; problem: Problem };
export type Problem = { code: KnownError['code'] | null; sentence: string };

/** For what a page can do without, such as the databases of a server that is stopped. Who is signed out goes to `signInAt`. */
export async function settled<T>(answer: Promise<T>, signInAt = '/login'): Promise<Settled<T>> {
	try {
		return { data: await answer, problem: null };
	} catch (thrown) {
		const known = knownError(thrown);
		if (known?.code === 'NOT_SIGNED_IN') redirect(303, signInAt);
		return { data: null, problem: { code: known?.code ?? null, sentence: sentenceOf(thrown) } };
	}
}
