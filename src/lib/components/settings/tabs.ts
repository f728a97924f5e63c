import { m } from '$lib/i18n/generated/messages';
import type { Command } from '$lib/state/command';

/** The parts of the settings, in their order; called anew for each language. */
export function settingsTabs(): { href: string; label: string }[] {
	return [
		{ href: '/settings', label: m.settings_tab_account() },
		{ href: '/settings/security', label: m.settings_tab_security() },
		{ href: '/settings/members', label: m.settings_tab_members() },
		{ href: '/settings/tokens', label: m.settings_tab_tokens() },
		{ href: '/settings/project', label: m.settings_tab_project() },
	];
}

/** The parts of the settings, each a place to go. */
export function settingsCommands(): Command[] {
	return settingsTabs().map(({ href, label }) => ({
		id: `go.${href}`,
		title: label,
		group: m.shell_group_go(),
		hint: m.settings_title(),
		keywords: [m.settings_title()],
		href,
	}));
}
