import Copy from '@lucide/svelte/icons/copy';
import HardDrive from '@lucide/svelte/icons/hard-drive';
import Database from '@lucide/svelte/icons/database';
import FolderOpen from '@lucide/svelte/icons/folder-open';
import KeyRound from '@lucide/svelte/icons/key-round';
import Plus from '@lucide/svelte/icons/plus';
import ScrollText from '@lucide/svelte/icons/scroll-text';
import Users from '@lucide/svelte/icons/users';
import { servicePage } from '$lib/components/services/address';
import { powerCommands } from '$lib/components/services/commands';
import { m } from '$lib/i18n/generated/messages';
import { hasRole, type Role } from '$lib/shared/roles';
import type { Command } from '$lib/state/command';
import { toasts } from '$lib/state/toasts.svelte';
import type { ShellService } from './types';

const groups = { database: m.shell_databases, storage: m.shell_storage };
const icons = { database: Database, storage: HardDrive };

/** What the palette can do with the project's servers, as far as the person's role lets it. */
export function serviceCommands(services: readonly ShellService[], role: Role): Command[] {
	const mayManage = hasRole(role, 'admin');
	const mayOperate = hasRole(role, 'operator');
	return [
		...(mayManage
			? [
					{
						id: 'databases.create',
						title: m.shell_command_create(),
						group: groups.database(),
						icon: Plus,
						href: '/databases/new',
					},
					{
						id: 'storage.create',
						title: m.shell_command_create_storage(),
						group: groups.storage(),
						icon: Plus,
						href: '/storage/new',
					},
				]
			: []),
		...services
			.filter(({ status }) => status !== 'trashed')
			.flatMap((service): Command[] => {
				const { id, kind, name, engine } = service;
				const group = groups[kind]();
				const about = { group, keywords: [name, engine] };
				const base = servicePage(service);
				const isDatabase = kind === 'database';
				return [
					{ ...about, id: `databases.open.${id}`, title: name, icon: icons[kind], href: base },
					...(isDatabase
						? [
								{
									...about,
									id: `databases.users.${id}`,
									title: m.shell_command_users({ name }),
									icon: Users,
									href: `${base}/users`,
								},
							]
						: [
								{
									...about,
									id: `storage.buckets.${id}`,
									title: m.shell_command_buckets({ name }),
									icon: FolderOpen,
									href: `${base}/buckets`,
								},
								{
									...about,
									id: `storage.keys.${id}`,
									title: m.shell_command_keys({ name }),
									icon: KeyRound,
									href: `${base}/keys`,
								},
							]),
					...(mayOperate
						? [
								{
									...about,
									id: `databases.logs.${id}`,
									title: m.shell_command_logs({ name }),
									icon: ScrollText,
									href: `${base}/logs`,
								},
							]
						: []),
					...(mayManage && isDatabase
						? [
								{
									...about,
									id: `databases.copy.${id}`,
									title: m.shell_command_copy_uri({ name }),
									icon: Copy,
									run: () => copyConnection(service),
								},
							]
						: []),
					...powerCommands(service, role, group),
				];
			}),
	];
}

/** Puts a connection string that works, with its password, on the clipboard. Revealing is audited by the server. */
async function copyConnection({ id, name, engine }: ShellService): Promise<void> {
	const [{ connectionString }, { writeClipboard }] = await Promise.all([
		import('$lib/actions/connection'),
		import('$lib/components/ui/clipboard'),
	]);
	const { uri, user } = await connectionString(id, engine);
	await writeClipboard(uri);
	toasts.success(m.command_copied({ name }), m.command_copied_text({ user }));
}
