import { goto, invalidateAll } from '$app/navigation';
import { projectCookie } from '$lib/shared/cookies';
import { api } from '$lib/trpc/api';

const yearSeconds = 365 * 24 * 60 * 60;

/** Keeps the project for the next visit of this browser. */
export function rememberProject(projectId: string): void {
	document.cookie = `${projectCookie}=${projectId}; path=/; max-age=${yearSeconds}; samesite=lax`;
}

/** Opens another project at its home page: what the open page shows belongs to the old one. */
export async function openProject(projectId: string): Promise<void> {
	rememberProject(projectId);
	await goto('/', { invalidateAll: true });
}

export async function renameProject(projectId: string, name: string): Promise<void> {
	await api.projects.rename.mutate({ projectId, name });
	await invalidateAll();
}

/** Makes a project and opens it. */
export async function createProject(name: string): Promise<void> {
	const { id } = await api.projects.create.mutate({ name });
	await openProject(id);
}
