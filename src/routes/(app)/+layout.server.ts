import { redirect } from '@sveltejs/kit';
import { getApp } from '$lib/server/app';
import { projectCookie } from '$lib/shared/cookies';
import { idSchema } from '$lib/shared/ids';
import type { LayoutServerLoad } from './$types';

const yearSeconds = 365 * 24 * 60 * 60;

/** Only what a universal load cannot know: whether there is anybody yet, whether the key fits, and which project was last open. */
export const load: LayoutServerLoad = ({ cookies, url }) => {
	const { auth, vault } = getApp();
	if (!auth.hasOwner()) redirect(303, '/setup');
	const isSealed = vault.state === 'sealed';
	const asked = idSchema('project').safeParse(url.searchParams.get('project'));
	if (!asked.success) return { isSealed, chosenProjectId: cookies.get(projectCookie) ?? null };
	// A link to a project, as one sends it to a colleague. Readable, because switching happens in the browser.
	cookies.set(projectCookie, asked.data, {
		path: '/',
		maxAge: yearSeconds,
		sameSite: 'lax',
		httpOnly: false,
		secure: url.protocol === 'https:',
	});
	return { isSealed, chosenProjectId: asked.data };
};
