import { redirect } from '@sveltejs/kit';
import { loginPath } from '$lib/components/people/next-path';
import { getApp } from '$lib/server/app';
import { projectCookie } from '$lib/shared/cookies';
import { idSchema } from '$lib/shared/ids';
import { orErrorPage, pageClient } from '$lib/trpc/api';
import type { LayoutServerLoad } from './$types';

const yearSeconds = 365 * 24 * 60 * 60;

/**
 * Who is signed in, and what a universal load cannot know: whether there is anybody yet, whether the key fits, and which project was last
 * open. Apart from the list of services, so that asking for that again now and then does not ask for this.
 */
export const load: LayoutServerLoad = async ({ cookies, fetch, url, untrack }) => {
	const { auth, vault } = getApp();
	if (!auth.hasOwner()) redirect(303, '/setup');
	const isSealed = vault.state === 'sealed';
	const signInAt = untrack(() => loginPath(url));
	const me = await orErrorPage(pageClient(fetch).auth.me.query(), signInAt);
	const asked = idSchema('project').safeParse(url.searchParams.get('project'));
	if (!asked.success) return { isSealed, me, chosenProjectId: cookies.get(projectCookie) ?? null };
	// A link to a project, as one sends it to a colleague. Readable, because switching happens in the browser.
	cookies.set(projectCookie, asked.data, {
		path: '/',
		maxAge: yearSeconds,
		sameSite: 'lax',
		httpOnly: false,
		secure: url.protocol === 'https:',
	});
	return { isSealed, me, chosenProjectId: asked.data };
};
