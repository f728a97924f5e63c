import { setTimeout as sleep } from 'node:timers/promises';
import type { ContainerState } from '../docker';
import { AppError, isAppError } from '../errors';
import type { Secret } from '../secret';
import type { ServiceDeps } from './deps';
import type { ServiceRow } from './repository';
import { bootstrapLogin, probe, rootLogin, type Server } from './server';

/** How long an engine may take from its container's start to its first answer. */
const READY_LIMIT_MS = 180_000;
/** A server that refuses our login this long will go on refusing it. */
const REFUSED_LIMIT_MS = 8_000;
const PROBE_LIMIT_MS = 6_000;
/** The pause between two questions is a share of the time that has passed, so that nobody waits much longer than the engine takes. */
const PAUSE = { shareOfElapsed: 1 / 40, minMs: 20, maxMs: 500 };
/** How often the container is looked at meanwhile. */
const LOOK_MS = 250;
/** Docker starts a crashed container again by itself: after so many times the engine counts as unable to start. */
const MAX_RESTARTS = 3;

export type ReadyOptions = {
	/** Root's; before there is one, the bootstrap password. */
	password: Secret;
	isBootstrap?: boolean;
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
	const startedMs = Date.now();
	const deadline = startedMs + READY_LIMIT_MS;
	let server: Server | null = null;
	let lookedMs = 0;
	let refusedSince: number | null = null;
	while (Date.now() < deadline) {
		options.signal.throwIfAborted();
		if (server === null || Date.now() - lookedMs > LOOK_MS) {
			server = await look(deps, service, options);
			lookedMs = Date.now();
		}
		const answer = server ? await ask(server, options.signal) : 'not yet';
		if (answer === 'ready') return;
		if (answer === 'not yet') refusedSince = null;
		else if (Date.now() - (refusedSince ??= Date.now()) > REFUSED_LIMIT_MS) {
			throw new AppError('ENGINE_NOT_READY', { cause: answer });
		}
		await sleep(pauseMs(Date.now() - startedMs), undefined, { signal: options.signal });
	}
	throw new AppError('ENGINE_NOT_READY', { details: { seconds: READY_LIMIT_MS / 1_000 } });
}

const pauseMs = (elapsedMs: number) =>
	Math.min(PAUSE.maxMs, Math.max(PAUSE.minMs, elapsedMs * PAUSE.shareOfElapsed));

/** Where to ask; null while it does not run yet. Throws ENGINE_NOT_READY when it has ended. */
async function look(deps: ServiceDeps, service: ServiceRow, options: ReadyOptions): Promise<Server | null> {
	const container = await deps.containers.find(service.id);
	assertAlive(container, options.maxRestarts ?? MAX_RESTARTS);
	const engine = deps.engineById(service.engine);
	const loginOf = options.isBootstrap ? bootstrapLogin : rootLogin;
	return deps.broker.serverIn(container, service, loginOf(engine, options.password));
}

/** The error when the login was refused as such. */
async function ask(server: Server, signal: AbortSignal): Promise<'ready' | 'not yet' | AppError> {
	try {
		const limit = AbortSignal.timeout(PROBE_LIMIT_MS);
		await probe(server, AbortSignal.any([limit, signal]));
		return 'ready';
	} catch (error) {
		signal.throwIfAborted();
		return isAppError(error, 'ENGINE_UNREACHABLE') ? error : 'not yet';
	}
}

function assertAlive(
	container: ContainerState | null,
	maxRestarts: number,
): asserts container is ContainerState {
	if (!container) throw new AppError('ENGINE_NOT_READY', { message: 'its container is gone' });
	const { status, restartCount, exitCode, oomKilled } = container;
	const hasEnded = status === 'exited' || status === 'dead' || restartCount > maxRestarts;
	if (hasEnded) throw new AppError('ENGINE_NOT_READY', { details: { exitCode, oomKilled } });
}
