import { redirect } from '@sveltejs/kit';
import { safeNext } from '$lib/components/people/next-path';
import { getApp } from '$lib/server/app';
import { pageClient } from '$lib/trpc/api';
import type { PageServerLoad } from './$types';

export const load: PageServerLoad = async ({ fetch, url }) => {
	if (!getApp().auth.hasOwner()) redirect(303, '/setup');
	const isSignedIn = await pageClient(fetch)
		.auth.me.query()
		.then(
			() => true,
			() => false,
		);
	if (isSignedIn) redirect(303, safeNext(url.searchParams.get('next')));
};
