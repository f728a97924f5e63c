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

/** What the open page, the shell and its parts offer to the palette. */
class Commands {
	isOpen = $state(false);
	#sources = $state.raw<readonly (() => readonly Command[])[]>([]);

	/** Every command, the page's own (registered last) first. A later id replaces the same earlier one. */
	get all(): readonly Command[] {
		const byId = new Map<string, Command>();
		for (const source of this.#sources.toReversed())
			for (const command of source()) if (!byId.has(command.id)) byId.set(command.id, command);
		return [...byId.values()];
	}

	/** Adds a source until the returned function is called. */
	register(source: () => readonly Command[]): () => void {
		this.#sources = [...this.#sources, source];
		return () => {
			this.#sources = this.#sources.filter((other) => other !== source);
		};
	}
}

export const commands = new Commands();

/** Called while a component is made: offers these commands for as long as it stands. */
export function useCommands(source: () => readonly Command[]): void {
	$effect(() => commands.register(source));
}
