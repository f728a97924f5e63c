import { saveFile } from '$lib/components/shared/save-file';
import { servicesKey } from '$lib/state/operations.svelte';
import { api } from '$lib/trpc/api';
import { refresh } from '$lib/state/refresh.svelte';
import type { RouterInputs } from '$lib/trpc/client';

type Started = { operationId: string; serviceId: string };
type Settings = RouterInputs['services']['settings']['set']['values'];
type Wanted = Omit<RouterInputs['services']['create'], 'projectId'>;

/** Asks, then shows the new state everywhere. What the call rejects with is for the caller to show. */
async function changing<T>(call: Promise<T>): Promise<T> {
	try {
		return await call;
	} finally {
		// After a refusal too: somebody else may have been quicker.
		await refresh(servicesKey);
	}
}

export function createService(projectId: string, wanted: Wanted): Promise<Started> {
	return api.services.create.mutate({ projectId, ...wanted });
}

export function startService(serviceId: string): Promise<Started> {
	return changing(api.services.start.mutate({ serviceId }));
}

export function stopService(serviceId: string): Promise<Started> {
	return changing(api.services.stop.mutate({ serviceId }));
}

export function restartService(serviceId: string): Promise<Started> {
	return changing(api.services.restart.mutate({ serviceId }));
}

/** Makes its container anew from what is on record. */
export function repairService(serviceId: string): Promise<Started> {
	return changing(api.services.repair.mutate({ serviceId }));
}

export function renameService(serviceId: string, name: string): Promise<unknown> {
	return changing(api.services.rename.mutate({ serviceId, name }));
}

export function resizeService(serviceId: string, memoryBytes: number): Promise<Started> {
	return changing(api.services.resize.mutate({ serviceId, memoryBytes }));
}

/** Null takes the limit away. */
export function setDataLimit(serviceId: string, dataLimitBytes: number | null): Promise<unknown> {
	return changing(api.services.setDataLimit.mutate({ serviceId, dataLimitBytes }));
}

/** A new password for the engine's administrator. */
export function rotateRoot(serviceId: string): Promise<Started> {
	return changing(api.services.rotateRoot.mutate({ serviceId }));
}

/** Null takes a setting back to what follows from the memory size or the engine. */
export function configureService(serviceId: string, values: Settings): Promise<Started> {
	return changing(api.services.settings.set.mutate({ serviceId, values }));
}

/** Whether there is a newer image of the same version; null when nobody can tell. */
export async function findUpgrade(serviceId: string) {
	const answer = await api.services.findUpgrade.query({ serviceId }).catch(() => ({ upgrade: null }));
	return answer.upgrade;
}

/** The newest image of the same version. */
export function upgradeService(serviceId: string): Promise<Started> {
	return changing(api.services.upgrade.mutate({ serviceId }));
}

/** To the trash. `confirmName` is what the person typed. */
export function removeService(serviceId: string, confirmName: string): Promise<Started> {
	return changing(api.services.remove.mutate({ serviceId, confirmName }));
}

export function restoreService(serviceId: string, name?: string): Promise<Started> {
	return changing(
		api.services.restoreFromTrash.mutate({ serviceId, ...(name === undefined ? {} : { name }) }),
	);
}

/** Out of the trash for good. `confirmName` is what the person typed. */
export function purgeService(serviceId: string, confirmName: string): Promise<Started> {
	return changing(api.services.purge.mutate({ serviceId, confirmName }));
}

/** The newest lines that can be had in one answer. */
const downloadTail = 5000;

/** Hands the person the newest log lines as a text file. */
export async function downloadLogs(serviceId: string, serviceName: string): Promise<void> {
	const { lines } = await api.services.logs.query({ serviceId, tail: downloadTail });
	const text = lines.map(({ at, line }) => `${at.toISOString()} ${line}\n`).join('');
	const at = new Date().toISOString().replaceAll(':', '-').slice(0, 19);
	saveFile(`${serviceName}-${at}.log`, 'text/plain;charset=utf-8', text);
}
