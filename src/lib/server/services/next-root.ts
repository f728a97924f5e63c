import type { Secret } from '../secret';
import type { ServiceDeps } from './deps';
import { ROOT_SECRET, type ServiceSecrets } from './secrets';
import type { Server } from './server';

/**
 * Gives root its next secret beside or in place of that which `server` logs in with, and keeps it as pending: one that sh0 makes up before
 * it is set, one that the engine makes up as soon as it is known. Doing it twice is fine.
 */
export async function setNextRoot(
	{ secrets }: Pick<ServiceDeps, 'secrets'>,
	serviceId: string,
	server: Server,
): Promise<Secret> {
	if (server.kind === 'database') {
		const next = chosen(secrets, serviceId);
		await server.engine.lifecycle.setRootPassword(server.target, next);
		return next;
	}
	const { root } = server.engine.lifecycle;
	if (root.kind === 'chosen') {
		const next = chosen(secrets, serviceId);
		await root.set(server.target, next);
		return next;
	}
	const next = await root.issue(server.target);
	secrets.keep(serviceId, { name: ROOT_SECRET, state: 'pending', secret: next });
	return next;
}

/** Ends every secret of root's but the one that `server` logs in with, where an engine keeps several. */
export async function endOtherRoots(server: Server): Promise<void> {
	if (server.kind === 'storage') await server.engine.lifecycle.root.endOthers(server.target);
}

function chosen(secrets: ServiceSecrets, serviceId: string): Secret {
	return secrets.find(serviceId, ROOT_SECRET, 'pending') ?? secrets.create(serviceId, ROOT_SECRET, 'pending');
}
