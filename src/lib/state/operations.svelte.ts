import { page } from '$app/state';
import { m } from '$lib/i18n/generated/messages';
import { operationWords } from '$lib/i18n/words';
import { isCancelled } from '$lib/shared/operations';
import { api } from '$lib/trpc/api';
import type { RouterOutputs } from '$lib/trpc/client';
import { refresh } from './refresh.svelte';
import { toasts } from './toasts.svelte';

export type Operation = RouterOutputs['operations']['get'];

/** What loads that list services depend on; invalidated whenever an operation changes what they show. */
export const servicesKey = 'sh0:services';
/** What loads of the one open service depend on. */
export const serviceKey = 'sh0:service';

const kept = 20;
const retryMs = 30_000;

/** The project's newest operations, live: the bell's content, and news of what ended elsewhere. */
class Operations {
	list = $state.raw<readonly Operation[]>([]);
	#seenUntil = $state(Date.now());

	/** Those at work just now, newest first. */
	readonly running = $derived(this.list.filter((operation) => operation.status === 'running'));
	/** How many ended since the bell was last opened. */
	readonly unseen = $derived(
		this.list.filter((operation) => Number(operation.finishedAt ?? 0) > this.#seenUntil).length,
	);

	/** The running operation of a service, if any. */
	of(serviceId: string): Operation | undefined {
		return this.running.find((operation) => operation.serviceId === serviceId);
	}

	/** Called when the bell is opened. */
	markSeen(): void {
		this.#seenUntil = Date.now();
	}

	/** Browser only. Loads the project's operations and follows them until the returned function is called. */
	follow(projectId: string): () => void {
		this.list = [];
		let again: ReturnType<typeof setTimeout> | undefined;
		const subscribe = () =>
			api.operations.watchProject.subscribe(
				{ projectId },
				{
					// After each new connection too: what happened while there was none is fetched.
					onStarted: () => void this.#reload(projectId),
					onData: (operation) => this.take(operation),
					// Whoever was signed out may sign in again in another tab.
					onError: () => (again = setTimeout(() => (subscription = subscribe()), retryMs)),
				},
			);
		let subscription = subscribe();
		return () => {
			clearTimeout(again);
			subscription.unsubscribe();
		};
	}

	/** Takes a newer view of an operation, from whichever source it came. */
	take(operation: Operation): void {
		const known = this.list.find((other) => other.id === operation.id);
		// Two sources may tell of one change in either order; what has ended does not run again.
		if (known && known.status !== 'running') return;
		this.list = [operation, ...this.list.filter((other) => other.id !== operation.id)]
			.toSorted((a, b) => Number(b.createdAt) - Number(a.createdAt))
			.slice(0, kept);
		if (!known || operation.status !== 'running') void refresh(servicesKey);
		if (operation.status !== 'running') announce(operation);
	}

	async #reload(projectId: string): Promise<void> {
		try {
			this.list = await api.operations.list.query({ projectId, limit: kept });
		} catch {
			// Without a connection the bell shows what it knows; the next connection asks again.
		}
	}
}

export const operations = new Operations();

/** A toast for what ended while the person looks at something else. */
function announce(operation: Operation): void {
	if (page.params['id'] === operation.id || page.params['id'] === operation.serviceId) return;
	const name = { name: operation.serviceName, action: operationWords[operation.kind]() };
	const action = { label: m.operation_toast_open(), href: `/operations/${operation.id}` };
	if (operation.status === 'succeeded')
		toasts.add({ tone: 'success', title: m.operation_toast_done(name), action });
	else if (isCancelled(operation))
		toasts.add({ tone: 'info', title: m.operation_toast_cancelled(name), action });
	else toasts.add({ tone: 'danger', title: m.operation_toast_failed(name), action });
}
