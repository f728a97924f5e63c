import { untrack } from 'svelte';
import { mergeCommands, type Command } from './command';

export type { Command } from './command';

/** What the open page, the shell and its parts offer to the palette. */
class Commands {
	isOpen = $state(false);
	#sources = $state.raw<readonly (() => readonly Command[])[]>([]);

	get all(): readonly Command[] {
		return mergeCommands(this.#sources);
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
	$effect(() => untrack(() => commands.register(source)));
}
