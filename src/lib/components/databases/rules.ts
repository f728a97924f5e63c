import type { Rules } from '$lib/actions/databases';
import { m } from '$lib/i18n/generated/messages';

export const rulePresets = ['app', 'write', 'read', 'own'] as const;
export type RulePreset = (typeof rulePresets)[number];

/**
 * Commands by what a user is for. SCAN, KEYS, RANDOMKEY and DBSIZE ignore key patterns and would tell the names of other users' keys;
 * clients ask INFO when they connect.
 */
const presetCommands: Record<Exclude<RulePreset, 'own'>, readonly string[]> = {
	app: ['+@all', '-@admin', '-@dangerous', '+info'],
	write: [
		...['+@connection', '+@pubsub', '+@read', '+@transaction', '+@write', '-@dangerous', '-@scripting'],
		...['+info', '-dbsize', '-flushall', '-flushdb', '-keys', '-randomkey', '-scan', '-select', '-swapdb'],
	],
	read: [
		...['+@connection', '+@read', '-@dangerous', '-@scripting'],
		...['+info', '-dbsize', '-keys', '-randomkey', '-scan', '-select'],
	],
};

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

/** The preset whose commands these are, in whatever order an engine writes them. */
export function presetOf(commands: readonly string[]): RulePreset {
	const sorted = commands.toSorted().join(' ');
	return (
		rulePresets.find(
			(preset) => preset !== 'own' && presetCommands[preset].toSorted().join(' ') === sorted,
		) ?? 'own'
	);
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
