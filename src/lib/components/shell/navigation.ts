import Database from '@lucide/svelte/icons/database';
import HardDrive from '@lucide/svelte/icons/hard-drive';
import History from '@lucide/svelte/icons/history';
import House from '@lucide/svelte/icons/house';
import Settings from '@lucide/svelte/icons/settings';
import { m } from '$lib/i18n/generated/messages';
import type { ShellCounts } from './types';

export type Section = {
	id: string;
	href: string;
	label: string;
	icon: typeof House;
	count?: number | undefined;
};

/** The side bar's entries. What does not work yet does not stand here. */
export function sections(counts: ShellCounts): Section[] {
	return [
		{ id: 'home', href: '/', label: m.shell_home(), icon: House },
		{
			id: 'databases',
			href: '/databases',
			label: m.shell_databases(),
			icon: Database,
			count: counts.databases,
		},
		{
			id: 'storage',
			href: '/storage',
			label: m.shell_storage(),
			icon: HardDrive,
			count: counts.storage,
		},
		{ id: 'activity', href: '/activity', label: m.shell_activity(), icon: History },
		{ id: 'settings', href: '/settings', label: m.shell_settings(), icon: Settings },
	];
}

/** The section that an address belongs to. */
export function openSection(all: readonly Section[], pathname: string): Section | undefined {
	return all.find(({ href }) =>
		href === '/' ? pathname === '/' : pathname === href || pathname.startsWith(`${href}/`),
	);
}
