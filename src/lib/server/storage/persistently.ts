import { setTimeout as sleep } from 'node:timers/promises';
import { TransferFault } from '../engines/s3-family/copy/client';
import { isAppError } from '../errors';

/** A server that does not answer is waited for. */
const PATIENCE_MS = 2 * 60_000;
const PAUSE_MS = 2_000;
/** A server that refuses our login this long will go on refusing it; just after its start it may not know it yet. */
const LOGIN_PATIENCE_MS = 8_000;

/**
 * Attempts long work until all of it is done, over restarts of the servers that it needs. An attempt that does a part ends well, and says
 * by `moved` that it got further. `onWait` is told what an attempt failed with when there will be another, and null once the work goes on.
 * Throws the signal's reason when that aborts, and what an attempt failed with: at once when waiting does not help, once attempts have
 * failed for two minutes without a move, or once our login has been refused for some seconds.
 */
export async function persistently(
	signal: AbortSignal,
	attempt: (moved: () => void) => Promise<'all' | 'part'>,
	{ onWait = () => undefined }: { onWait?: (error: unknown) => void } = {},
): Promise<void> {
	let awaySinceMs: number | null = null;
	let refusedSinceMs: number | null = null;
	let isWaiting = false;
	const goesOn = (): void => {
		if (isWaiting) onWait(null);
		isWaiting = false;
	};
	const moved = (): void => {
		awaySinceMs = null;
		refusedSinceMs = null;
		goesOn();
	};
	for (;;) {
		try {
			const done = await attempt(moved);
			moved();
			if (done === 'all') return;
		} catch (error) {
			signal.throwIfAborted();
			awaySinceMs ??= Date.now();
			if (!isLogin(error)) refusedSinceMs = null;
			else if (Date.now() - (refusedSinceMs ??= Date.now()) > LOGIN_PATIENCE_MS) throw error;
			if (!isAway(error) || Date.now() - awaySinceMs > PATIENCE_MS) throw error;
			isWaiting = true;
			onWait(error);
			await sleep(PAUSE_MS, undefined, { signal }).catch(() => signal.throwIfAborted());
		}
	}
}

function isLogin(error: unknown): boolean {
	if (error instanceof TransferFault) return error.kind === 'login';
	return isAppError(error, 'ENGINE_UNREACHABLE') && error.details.reason === 'login';
}

/** True for what may go by itself: a server that does not answer just now, or does not know our login yet. */
function isAway(error: unknown): boolean {
	if (error instanceof TransferFault) return error.kind !== 'refused';
	return isAppError(error, 'ENGINE_UNREACHABLE', 'ENGINE_NOT_READY', 'SERVICE_NOT_RUNNING');
}
