import Languages from '@lucide/svelte/icons/languages';
import LogOut from '@lucide/svelte/icons/log-out';
import SquareStack from '@lucide/svelte/icons/square-stack';
import SunMoon from '@lucide/svelte/icons/sun-moon';
import { m } from '$lib/i18n/generated/messages';
import { getLocale, type Locale } from '$lib/i18n/generated/runtime';
import { localeOptions } from '$lib/i18n/locale';
import type { Command } from '$lib/state/command';
import { theme, themeChoices, type ThemeChoice } from '$lib/state/theme.svelte';
import type { Section } from './navigation';
import type { ShellProject } from './types';

const themeWords: Record<ThemeChoice, () => string> = {
	system: m.shell_theme_system,
	light: m.shell_theme_light,
	dark: m.shell_theme_dark,
};

/** The themes with their words. */
export function themeOptions() {
	return themeChoices.map((value) => ({ value, label: themeWords[value]() }));
}

export type ShellOffer = {
	sections: readonly Section[];
	projects: readonly ShellProject[];
	currentProjectId: string | null;
	onproject: (projectId: string) => void;
	onlocale: (locale: Locale) => void;
	onsignout: () => void;
};

/** What the palette can do on every page. */
export function shellCommands(offer: ShellOffer): Command[] {
	const { sections, projects, currentProjectId, onproject, onlocale, onsignout } = offer;
	return [
		...sections.map(({ id, href, label, icon }): Command => ({
			id: `go.${id}`,
			title: label,
			group: m.shell_group_go(),
			href,
			icon,
		})),
		...projects
			.filter(({ id }) => id !== currentProjectId)
			.map(({ id, name }): Command => ({
				id: `project.${id}`,
				title: name,
				group: m.shell_group_project(),
				icon: SquareStack,
				run: () => onproject(id),
			})),
		...themeOptions()
			.filter(({ value }) => value !== theme.choice)
			.map(({ value, label }): Command => ({
				id: `theme.${value}`,
				title: m.shell_command_theme({ name: label }),
				group: m.shell_group_look(),
				icon: SunMoon,
				run: () => theme.set(value),
			})),
		...localeOptions
			.filter(({ value }) => value !== getLocale())
			.map(({ value, label }): Command => ({
				id: `language.${value}`,
				title: m.shell_command_language({ name: label }),
				group: m.shell_group_look(),
				icon: Languages,
				run: () => onlocale(value),
			})),
		{
			id: 'account.sign-out',
			title: m.shell_sign_out(),
			group: m.shell_group_account(),
			icon: LogOut,
			run: onsignout,
		},
	];
}
