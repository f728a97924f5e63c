import { SvelteMap } from 'svelte/reactivity';
import type { SettingView } from '$lib/components/services/setting-values';
import { settingProblem, type SettingValue } from '$lib/shared/settings';

/** An engine's settings while they are changed. Null is a setting that is left to the memory size or the engine. */
export class SettingsDraft {
	readonly #typed = new SvelteMap<string, SettingValue | null>();
	readonly #views: () => readonly SettingView[];

	/** Those that would be saved, by key. */
	readonly changes = $derived.by(() =>
		Object.fromEntries(
			this.#views().flatMap(({ spec, declaredValue }) => {
				const typed = this.#typed.get(spec.key);
				return typed === undefined || typed === declaredValue ? [] : [[spec.key, typed]];
			}),
		),
	);
	readonly count = $derived(Object.keys(this.changes).length);
	readonly needsRestart = $derived.by(() =>
		this.#views().some(({ spec }) => spec.needsRestart && spec.key in this.changes),
	);
	readonly isSound = $derived.by(() =>
		this.#views().every(({ spec }) => {
			const typed = this.changes[spec.key];
			return typed === undefined || typed === null || settingProblem(spec, typed) === null;
		}),
	);
	/** Grows whenever what is typed is thrown away, so that fields begin anew. */
	round = $state(0);

	/** @param views gives the settings as they are now */
	constructor(views: () => readonly SettingView[]) {
		this.#views = views;
	}

	/** What a person asks for; null when nothing. */
	wanted({ spec, declaredValue }: SettingView): SettingValue | null {
		const typed = this.#typed.get(spec.key);
		return typed === undefined ? declaredValue : typed;
	}

	/** What the field shows: what is asked for, else what follows from the memory size, else what is in force. */
	shown(view: SettingView): SettingValue | null {
		return this.wanted(view) ?? view.profileValue ?? view.actualValue;
	}

	set(key: string, value: SettingValue | null): void {
		this.#typed.set(key, value);
	}

	reset(key: string): void {
		this.#typed.set(key, null);
		this.round += 1;
	}

	forget(): void {
		this.#typed.clear();
		this.round += 1;
	}
}
