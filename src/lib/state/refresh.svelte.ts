import { afterNavigate, invalidate } from '$app/navigation';
import { navigating } from '$app/state';

/**
 * Asks again for what depends on `key`. SvelteKit gives up a navigation that is under way when something is invalidated, so this waits
 * for its end.
 */
export async function refresh(key: string): Promise<void> {
	while (navigating.complete) await navigating.complete.catch(() => undefined);
	await invalidate(key);
}

/**
 * Called while a component is made: runs `work` every `everyMs` while the page is in sight, and at once when it comes back into sight. Runs
 * never overlap.
 */
export function whileVisible(everyMs: number, work: () => unknown): void {
	$effect(() => {
		let busy = false;
		const run = async () => {
			if (busy || document.hidden) return;
			busy = true;
			try {
				await work();
			} finally {
				busy = false;
			}
		};
		const timer = setInterval(() => void run(), everyMs);
		const onVisible = () => void run();
		document.addEventListener('visibilitychange', onVisible);
		return () => {
			clearInterval(timer);
			document.removeEventListener('visibilitychange', onVisible);
		};
	});
}

/**
 * Called while a page is made that shows what a load above it keeps: asks for it again when the person comes from another page, where it
 * may have grown old.
 */
export function refreshOnArrival(key: string): void {
	afterNavigate(({ type }) => {
		if (type !== 'enter') void refresh(key);
	});
}

/** Called while a component is made: loads that depend on `key` are asked again now and then, while the page is in sight. */
export function refreshing(key: string, everyMs = 10_000): void {
	whileVisible(everyMs, () => refresh(key));
}
