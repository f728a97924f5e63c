import { m } from '$lib/i18n/generated/messages';
import { hasRole, type Role } from '$lib/shared/roles';
import type { ServiceStatus } from '$lib/shared/services';
import type { RouterOutputs } from '$lib/trpc/client';

export type Service = RouterOutputs['services']['get'];
export type ServiceListItem = RouterOutputs['services']['list'][number];
export type Connection = RouterOutputs['services']['connection'];
export type Stats = RouterOutputs['services']['stats'];
export type Catalogue = RouterOutputs['services']['catalogue'];
export type EngineOffer = Catalogue['engines'][number];
export type VersionOffer = EngineOffer['versions'][number];

/** What is asked before it is done. */
export type Question = 'stop' | 'restart' | 'rename' | 'remove';
/** The same of one in the trash. */
export type TrashQuestion = 'restore' | 'purge';

/** What the person's role lets them do here; the server decides again. */
export type Permissions = { operate: boolean; manage: boolean };

export function permissionsOf(role: Role): Permissions {
	return { operate: hasRole(role, 'operator'), manage: hasRole(role, 'admin') };
}

/** The person's role where the service is; a link may lead into another project than the open one. */
export function roleIn(projects: readonly { id: string; role: Role }[], projectId: string): Role {
	return projects.find(({ id }) => id === projectId)?.role ?? 'viewer';
}

const withoutEngine: readonly ServiceStatus[] = ['creating', 'failed', 'data_lost', 'trashed'];

/** False for what never came up, lost its data or lies in the trash: there is nothing to connect to. */
export function canBeReached(status: ServiceStatus): boolean {
	return !withoutEngine.includes(status);
}

/** Whether it goes at once when it is deleted: its data are lost, and those from before an upgrade are not there either. */
export function hasNothingLeft({ status, formerData }: Pick<Service, 'status' | 'formerData'>): boolean {
	return status === 'data_lost' && formerData === null;
}

/** Docker does not answer: how it is with the server nobody knows, and nothing can be asked of it. */
export function isUnseen({ status }: { status: ServiceStatus }): boolean {
	return status === 'unknown';
}

/** Why nothing can be asked of a server just now, as a sentence; undefined when it can. */
export function whyBusy(service: Pick<Service, 'status' | 'operation'>): string | undefined {
	if (isUnseen(service)) return m.service_unseen_reason();
	return service.operation === null ? undefined : m.service_busy_reason();
}

/** Why a server that would have to run or be changed just now cannot, as a sentence; undefined when it can. */
export function whyIdle(service: Pick<Service, 'status' | 'desiredState'>): string | undefined {
	if (isUnseen(service)) return m.service_unseen_reason();
	return service.desiredState === 'stopped' ? m.settings_rotate_needs_running() : undefined;
}
