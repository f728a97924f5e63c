import type { ContainerSummary } from '../docker';
import type { DatabaseEngineDefinition, EngineDefinition, EngineTarget } from '../engines/engine';
import type { PortsByRole, StorageEngineDefinition, StorageTarget } from '../engines/storage';
import type { Secret } from '../secret';
import type { ServiceRow } from './repository';

/** A running engine of one kind or the other, and how it is reached. */
export type Server =
	| { kind: 'database'; engine: DatabaseEngineDefinition; target: EngineTarget }
	| { kind: 'storage'; engine: StorageEngineDefinition; target: StorageTarget };

export type Login = { user: string; password: Secret };

/** Root, with a password that may be its present or its next one. */
export function rootLogin({ lifecycle }: EngineDefinition, password: Secret): Login {
	return { user: lifecycle.rootUser, password };
}

/** Whoever logs in with the bootstrap password. */
export function bootstrapLogin(engine: EngineDefinition, password: Secret): Login {
	return engine.kind === 'storage'
		? { user: engine.lifecycle.bootstrapUser, password }
		: rootLogin(engine, password);
}

type Found = Pick<ContainerSummary, 'status' | 'hostPorts'>;

/** The service's server in its container, by the ports that Docker reports now; null when it does not run. */
export function serverIn(
	container: Found,
	{ engine, service, login }: { engine: EngineDefinition; service: ServiceRow; login: Login },
): Server | null {
	if (container.status !== 'running') return null;
	const { version } = service;
	const at = { host: '127.0.0.1', version, ...login };
	switch (engine.kind) {
		case 'database': {
			const port = Object.values(container.hostPorts)[0];
			return port === undefined ? null : { kind: 'database', engine, target: { ...at, port } };
		}
		case 'storage': {
			const ports = portsIn(container, { engine, service });
			return ports && { kind: 'storage', engine, target: { ...at, port: ports.s3, ports } };
		}
	}
}

/** The ports of a storage server in its container; null unless Docker has published each of them. */
export function portsIn(
	{ hostPorts }: Pick<Found, 'hostPorts'>,
	{ engine, service }: { engine: StorageEngineDefinition; service: ServiceRow },
): PortsByRole | null {
	const { version, memoryBytes } = service;
	const { s3, admin, web, console } = engine.lifecycle.containerSpec({ version, memoryBytes }).ports;
	const now = (port: number | undefined) => (port === undefined ? undefined : hostPorts[port]);
	const found = { s3: now(s3), admin: now(admin), web: now(web), console: now(console) };
	if (found.s3 === undefined || found.admin === undefined) return null;
	return {
		s3: found.s3,
		admin: found.admin,
		...(found.web === undefined ? {} : { web: found.web }),
		...(found.console === undefined ? {} : { console: found.console }),
	};
}

/** The same server for somebody else. */
export function as(server: Server, login: Login): Server {
	return server.kind === 'storage'
		? { ...server, target: { ...server.target, ...login } }
		: { ...server, target: { ...server.target, ...login } };
}

/** Logs in; throws ENGINE_NOT_READY, or ENGINE_UNREACHABLE also for a login that is refused. */
export function probe(server: Server, signal?: AbortSignal): Promise<void> {
	return server.kind === 'storage'
		? server.engine.lifecycle.probe(server.target, signal)
		: server.engine.lifecycle.probe(server.target, signal);
}
