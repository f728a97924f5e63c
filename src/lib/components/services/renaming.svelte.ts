import { renameService } from '$lib/actions/services';
import { Submission } from '$lib/state/submission.svelte';
import type { Service } from './service';
import { serviceNameSentence } from './service-name';

/** A server's new name while it is typed, and its way to the server. `name` is what stands in the field. */
export class Renaming {
	readonly submission = new Submission();
	readonly #service: () => Service;
	#typed = $state<string>();

	/** @param service gives the server as it is now */
	constructor(service: () => Service) {
		this.#service = service;
	}

	get name(): string {
		return this.#typed ?? this.#service().name;
	}

	/** What is wrong with the name, as a sentence; the server has the last word. */
	get problem(): string | undefined {
		return serviceNameSentence(this.name) ?? this.submission.problemOf('name');
	}

	get ready(): boolean {
		const { name, operation } = this.#service();
		return this.name !== name && this.name !== '' && this.problem === undefined && operation === null;
	}

	readonly type = (next: string | number | undefined): void => {
		this.#typed = String(next ?? '');
		this.submission.clear();
	};

	readonly forget = (): void => {
		this.#typed = undefined;
		this.submission.clear();
	};

	/** Renames it if that can be done; true when it was. */
	async submit(): Promise<boolean> {
		if (!this.ready) return false;
		const done = await this.submission.run(() => renameService(this.#service().id, this.name));
		if (done) this.forget();
		return done;
	}
}
