import Play from '@lucide/svelte/icons/play';
import RotateCw from '@lucide/svelte/icons/rotate-cw';
import Square from '@lucide/svelte/icons/square';
import { startService } from '$lib/actions/services';
import { m } from '$lib/i18n/generated/messages';
import type { Role } from '$lib/shared/roles';
import type { Command } from '$lib/state/command';
import { servicePage } from './address';
import { askHashes } from './ask-hashes';
import { canBeReached, permissionsOf, type ServiceListItem } from './service';

type Service = Pick<
	ServiceListItem,
	'id' | 'kind' | 'name' | 'engine' | 'status' | 'desiredState' | 'operation'
>;

/** Start, or stop and restart: whichever makes sense for the server as it is, and nothing while something is being done with it. */
export function powerCommands(service: Service, role: Role, group: string): Command[] {
	const { id, name, engine, status, desiredState, operation } = service;
	if (!permissionsOf(role).operate || !canBeReached(status) || operation !== null) return [];
	const about = { group, keywords: [name, engine] };
	const page = servicePage(service);
	if (desiredState === 'stopped')
		return [
			{
				...about,
				id: `databases.start.${id}`,
				title: m.command_start({ name }),
				icon: Play,
				run: () => startService(id),
			},
		];
	return [
		{
			...about,
			id: `databases.stop.${id}`,
			title: m.command_stop({ name }),
			icon: Square,
			href: `${page}${askHashes.stop}`,
		},
		{
			...about,
			id: `databases.restart.${id}`,
			title: m.command_restart({ name }),
			icon: RotateCw,
			href: `${page}${askHashes.restart}`,
		},
	];
}
