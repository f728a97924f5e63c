import { setTimeout as sleep } from 'node:timers/promises';
import type { ContainerState } from '../docker';
import { AppError, isAppError } from '../errors';
import type { Secret } from '../secret';
import type { ServiceDeps } from './deps';
import type { ServiceRow } from './repository';

/** How long an engine may take from its container's start to its first answer. */
export const READY_LIMIT_MS = 180_000;
/** A server that refuses our login this long will go on refusing it. */
const REFUSED_LIMIT_MS = 8_000;
const PROBE_LIMIT_MS = 6_000;
/** Most engines answer within seconds: asked often at first, so that nobody waits for the next question. */
const FIRST_PAUSE_MS = 100;
const EAGER_MS = 5_000;
const MAX_PAUSE_MS = 1_000;
/** Docker starts a crashed container again by itself: after so many times the engine counts as unable to start. */
const MAX_RESTARTS = 3;

export type ReadyOptions = {
	password: Secret;
	signal: AbortSignal;
	/** On a first start any end of the container is one too many. */
	maxRestarts?: number;
};

/**
 * Waits until the engine answers a login. Throws ENGINE_NOT_READY, with `exitCode` and `oomKilled` when its container ended, or the
 * signal's reason.
 */
export async function waitUntilReady(
	deps: ServiceDeps,
	service: ServiceRow,
	options: ReadyOptions,
): Promise<void> {
	const { lifecycle } = deps.engineById(service.engine);
	const startedMs = Date.now();
	const deadline = startedMs + READY_LIMIT_MS;
	let refusedSince: number | null = null;
	while (Date.now() < deadline) {
		options.signal.throwIfAborted();
		const container = await deps.containers.find(service.id);
		assertAlive(container, options.maxRestarts ?? MAX_RESTARTS);
		try {
			const target = await deps.broker.target(service, options.password);
			const limit = AbortSignal.timeout(PROBE_LIMIT_MS);
			return await lifecycle.probe(target, AbortSignal.any([limit, options.signal]));
		} catch (error) {
			options.signal.throwIfAborted();
			if (isAppError(error, 'DOCKER_UNAVAILABLE')) throw error;
			refusedSince = isAppError(error, 'ENGINE_UNREACHABLE') ? (refusedSince ?? Date.now()) : null;
			if (refusedSince !== null && Date.now() - refusedSince > REFUSED_LIMIT_MS) {
				throw new AppError('ENGINE_NOT_READY', { cause: error });
			}
		}
		const pauseMs = Date.now() - startedMs < EAGER_MS ? FIRST_PAUSE_MS : MAX_PAUSE_MS;
		await sleep(pauseMs, undefined, { signal: options.signal });
	}
	throw new AppError('ENGINE_NOT_READY', { details: { seconds: READY_LIMIT_MS / 1_000 } });
}

function assertAlive(container: ContainerState | null, maxRestarts: number): void {
	if (!container) throw new AppError('ENGINE_NOT_READY', { message: 'its container is gone' });
	const { status, restartCount, exitCode, oomKilled } = container;
	const hasEnded = status === 'exited' || status === 'dead' || restartCount > maxRestarts;
	if (hasEnded) throw new AppError('ENGINE_NOT_READY', { details: { exitCode, oomKilled } });
}
