import { AppError, isAppError } from '../../errors';
import { defineOperation, type AnyOperation } from '../../operations/definition';
import type { Secret } from '../../secret';
import type { ServiceDeps } from '../deps';
import { endOtherRoots, setNextRoot } from '../next-root';
import { getService, type ServiceRow } from '../repository';
import { ROOT_SECRET } from '../secrets';
import { probe, rootLogin, type Server } from '../server';
import { noInput } from './input';

/**
 * A new root password: stored as pending, set, seen to log in, promoted. After a crash the pending one is tried first and then the
 * current one, so sh0 always knows which of the two works.
 */
export function rotateRootOperation(deps: ServiceDeps): AnyOperation {
	const { db, broker, secrets } = deps;

	const serverOf = (service: ServiceRow, password: Secret): Promise<Server> =>
		broker.server(service, rootLogin(deps.engineById(service.engine), password));

	/** The server for root with this password; null when that is refused. */
	async function logIn(service: ServiceRow, password: Secret, signal: AbortSignal): Promise<Server | null> {
		const server = await serverOf(service, password);
		try {
			await probe(server, signal);
			return server;
		} catch (error) {
			signal.throwIfAborted();
			// A refused login; a server that does not answer says nothing about the password.
			if (isAppError(error, 'ENGINE_UNREACHABLE')) return null;
			throw error;
		}
	}

	async function promote(serviceId: string): Promise<void> {
		secrets.promoteRoot(serviceId, { isFirst: false });
		await broker.close(serviceId);
	}

	return defineOperation({
		kind: 'service.rotateRoot',
		input: noInput,
		steps: [
			{
				key: 'credentials',
				run: async ({ operation, signal }) => {
					const service = getService(db, operation.serviceId);
					const left = secrets.find(service.id, ROOT_SECRET, 'pending');
					if (left && (await logIn(service, left, signal))) return;
					await setNextRoot(deps, service.id, await serverOf(service, secrets.root(service.id)));
				},
				undo: async ({ operation, signal }) => {
					const service = getService(db, operation.serviceId);
					const pending = secrets.find(service.id, ROOT_SECRET, 'pending');
					if (!pending) return;
					const before = await logIn(service, secrets.root(service.id), signal);
					if (before) {
						await endOtherRoots(before);
						secrets.dropPendingRoot(service.id);
					} else if (await logIn(service, pending, signal)) await promote(service.id);
					else
						throw new AppError('ENGINE_UNREACHABLE', {
							...{ details: { reason: 'login' }, message: 'neither root password logs in' },
						});
				},
			},
			{
				key: 'verify',
				run: async ({ operation, signal }) => {
					const service = getService(db, operation.serviceId);
					const pending = secrets.find(service.id, ROOT_SECRET, 'pending');
					if (!pending) return;
					const server = await logIn(service, pending, signal);
					if (!server) throw new AppError('ENGINE_NOT_READY');
					await endOtherRoots(server);
					await promote(service.id);
				},
			},
		],
	});
}
