import type { Rules } from '$lib/actions/databases';
import { m } from '$lib/i18n/generated/messages';
import { accessPresets, presetCommands } from '$lib/shared/redis-access';

export const rulePresets = [...accessPresets, 'own'] as const;
export type RulePreset = (typeof rulePresets)[number];

export const presetWords: Record<RulePreset, { label: () => string; hint: () => string }> = {
	app: { label: m.users_preset_app, hint: m.users_preset_app_hint },
	write: { label: m.users_preset_write, hint: m.users_preset_write_hint },
	read: { label: m.users_preset_read, hint: m.users_preset_read_hint },
	own: { label: m.users_preset_own, hint: m.users_preset_own_hint },
};

/** What a new user gets unless one chooses: any key, and what an app needs. */
export const usualRules: Rules = {
	keyPatterns: ['*'],
	channelPatterns: ['*'],
	commands: [...presetCommands.app],
};

/** The preset whose commands these are. In another order they would mean something else. */
export function presetOf(commands: readonly string[]): RulePreset {
	const text = commands.join(' ');
	return accessPresets.find((preset) => presetCommands[preset].join(' ') === text) ?? 'own';
}

/** The commands of a preset; undefined for one's own list. */
export function commandsOf(preset: RulePreset): string[] | undefined {
	return preset === 'own' ? undefined : [...presetCommands[preset]];
}

/** One rule a line, blanks and empty lines left out. */
export function linesOf(text: string): string[] {
	return text
		.split('\n')
		.map((line) => line.trim())
		.filter((line) => line !== '');
}

/** The commands as they are typed, with blanks or lines between them. */
export function wordsOf(text: string): string[] {
	return text.split(/\s+/).filter((word) => word !== '');
}

/** Rules in one line, as the engine itself would write them. */
export function ruleText({ keyPatterns, channelPatterns, commands }: Rules): string {
	return [
		...keyPatterns.map((pattern) => (pattern.startsWith('%') ? pattern : `~${pattern}`)),
		...channelPatterns.map((pattern) => `&${pattern}`),
		...commands,
	].join(' ');
}
