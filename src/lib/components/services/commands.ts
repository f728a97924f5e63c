import Copy from '@lucide/svelte/icons/copy';
import Database from '@lucide/svelte/icons/database';
import Play from '@lucide/svelte/icons/play';
import Plus from '@lucide/svelte/icons/plus';
import RotateCw from '@lucide/svelte/icons/rotate-cw';
import Square from '@lucide/svelte/icons/square';
import { m } from '$lib/i18n/generated/messages';
import type { Role } from '$lib/shared/roles';
import type { Command } from '$lib/state/command';
import { toasts } from '$lib/state/toasts.svelte';
import { canBeReached, permissionsOf, type Permissions, type ServiceListItem } from './service';

/** The address parts that open a question on a service's page, so that the palette never acts without one. */
export const askHashes = { stop: '#stop', restart: '#restart' } as const;

type Service = Pick<
	ServiceListItem,
	'id' | 'name' | 'engine' | 'engineLabel' | 'status' | 'desiredState' | 'operation'
>;

/** What the palette can do with a project's servers. */
export function serviceCommands(services: readonly Service[], role: Role): Command[] {
	const may = permissionsOf(role);
	const create: Command = {
		id: 'services.create',
		title: m.databases_new(),
		group: m.databases_title(),
		icon: Plus,
		href: '/databases/new',
	};
	return [
		...(may.manage ? [create] : []),
		...services.filter(({ status }) => status !== 'trashed').flatMap((service) => commandsOf(service, may)),
	];
}

function commandsOf(service: Service, may: Permissions): Command[] {
	const { id, name, engineLabel, status } = service;
	const page = `/databases/${id}`;
	const shared = { group: name, keywords: [name, engineLabel] };
	const commands: Command[] = [
		{ ...shared, id: `service.open.${id}`, title: m.command_open({ name }), icon: Database, href: page },
	];
	if (!canBeReached(status)) return commands;
	if (may.manage)
		commands.push({
			...shared,
			id: `service.copy.${id}`,
			title: m.command_copy_connection({ name }),
			icon: Copy,
			run: () => copyConnection(service),
		});
	if (may.operate && service.operation === null) commands.push(...powerOf(service, page, shared));
	return commands;
}

function powerOf(
	{ id, name, desiredState }: Service,
	page: string,
	shared: Pick<Command, 'group' | 'keywords'>,
): Command[] {
	if (desiredState === 'stopped') {
		const run = async () => (await import('$lib/actions/services')).startService(id);
		return [{ ...shared, id: `service.start.${id}`, title: m.command_start({ name }), icon: Play, run }];
	}
	return [
		{
			...shared,
			id: `service.stop.${id}`,
			title: m.command_stop({ name }),
			icon: Square,
			href: `${page}${askHashes.stop}`,
		},
		{
			...shared,
			id: `service.restart.${id}`,
			title: m.command_restart({ name }),
			icon: RotateCw,
			href: `${page}${askHashes.restart}`,
		},
	];
}

async function copyConnection({ id, name, engine }: Service): Promise<void> {
	// Loaded when it is asked for: the palette stands on every page.
	const [{ connectionString }, { writeClipboard }] = await Promise.all([
		import('$lib/actions/connection'),
		import('$lib/components/ui/clipboard'),
	]);
	const { uri, user } = await connectionString(id, engine);
	await writeClipboard(uri);
	toasts.success(m.command_copied({ name }), m.command_copied_text({ user }));
}
