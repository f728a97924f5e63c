import type { Component } from 'svelte';

/** One thing that the command palette can do. */
export type Command = {
	/** Unique on the page, such as `databases.create`. */
	id: string;
	title: string;
	/** The heading it stands under. */
	group: string;
	/** Other words that find it. */
	keywords?: readonly string[];
	/** A quiet word at the end of the row, such as a shortcut. */
	hint?: string;
	icon?: Component<{ class?: string }>;
} & ({ href: string } | { run: () => unknown });

/** The commands of all sources, the last source first; where an id comes twice, the later source's stands. */
export function mergeCommands(sources: readonly (() => readonly Command[])[]): Command[] {
	const byId = new Map<string, Command>();
	for (const source of sources.toReversed())
		for (const command of source()) if (!byId.has(command.id)) byId.set(command.id, command);
	return [...byId.values()];
}

/** Commands under their headings, both in the order of first appearance. */
export function groupCommands(commands: readonly Command[]): [group: string, commands: Command[]][] {
	const byGroup = new Map<string, Command[]>();
	for (const command of commands) {
		const group = byGroup.get(command.group);
		if (group) group.push(command);
		else byGroup.set(command.group, [command]);
	}
	return [...byGroup];
}
