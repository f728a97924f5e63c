/** Whose password was just made or changed. Never the password itself. */
export type FreshPassword = { serviceId: string; user: string; database: string | null };

const storageKey = 'sh0.fresh-passwords';

/**
 * Passwords that their maker has not yet said to have taken: shown until dismissed on purpose, on every tab and after a reload. Only names
 * are remembered; the clear text is asked of the server anew, which records it.
 */
class FreshPasswords {
	#list = $state.raw<readonly FreshPassword[]>([]);
	#isLoaded = false;

	/** Browser only, once: what this tab still has to show. */
	load(): void {
		if (this.#isLoaded) return;
		this.#isLoaded = true;
		const stored: unknown = JSON.parse(sessionStorage.getItem(storageKey) ?? '[]');
		if (Array.isArray(stored)) this.#list = stored.filter(isFresh);
	}

	of(serviceId: string): readonly FreshPassword[] {
		return this.#list.filter((fresh) => fresh.serviceId === serviceId);
	}

	add(fresh: FreshPassword): void {
		this.#set([fresh, ...this.#without(fresh.serviceId, fresh.user)]);
	}

	dismiss(serviceId: string, user: string): void {
		this.#set(this.#without(serviceId, user));
	}

	#without(serviceId: string, user: string): FreshPassword[] {
		return this.#list.filter((fresh) => fresh.serviceId !== serviceId || fresh.user !== user);
	}

	#set(list: readonly FreshPassword[]): void {
		this.#list = list;
		sessionStorage.setItem(storageKey, JSON.stringify(list));
	}
}

function isFresh(value: unknown): value is FreshPassword {
	return (
		typeof value === 'object' &&
		value !== null &&
		'serviceId' in value &&
		typeof value.serviceId === 'string' &&
		'user' in value &&
		typeof value.user === 'string' &&
		'database' in value &&
		(value.database === null || typeof value.database === 'string')
	);
}

export const freshPasswords = new FreshPasswords();
