import { redirect } from '@sveltejs/kit';
import { getApp } from '$lib/server/app';
import type { PageServerLoad } from './$types';

export const load: PageServerLoad = () => {
	if (!getApp().auth.hasOwner()) redirect(303, '/setup');
};
