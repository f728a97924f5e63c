import { AppError, isAppError } from '../../errors';
import { defineOperation, type AnyOperation } from '../../operations/definition';
import type { Secret } from '../../secret';
import type { ServiceDeps } from '../deps';
import { getService, type ServiceRow } from '../repository';
import { ROOT_SECRET } from '../secrets';
import { noInput } from './input';

/**
 * A new root password: stored as pending, set, seen to log in, promoted. After a crash the pending one is tried first and then the
 * current one, so sh0 always knows which of the two works.
 */
export function rotateRootOperation(deps: ServiceDeps): AnyOperation {
	const { db, broker, secrets } = deps;

	async function logsIn(service: ServiceRow, password: Secret, signal: AbortSignal): Promise<boolean> {
		const { lifecycle } = deps.engineById(service.engine);
		try {
			await lifecycle.probe(await broker.target(service, password), signal);
			return true;
		} catch (error) {
			signal.throwIfAborted();
			// A refused login; a server that does not answer says nothing about the password.
			if (isAppError(error, 'ENGINE_UNREACHABLE')) return false;
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
					if (left && (await logsIn(service, left, signal))) return;
					const next = left ?? secrets.create(service.id, ROOT_SECRET, 'pending');
					const target = await broker.target(service, secrets.root(service.id));
					await deps.engineById(service.engine).lifecycle.setRootPassword(target, next);
				},
				undo: async ({ operation, signal }) => {
					const service = getService(db, operation.serviceId);
					const pending = secrets.find(service.id, ROOT_SECRET, 'pending');
					if (!pending) return;
					if (await logsIn(service, secrets.root(service.id), signal)) secrets.dropPendingRoot(service.id);
					else if (await logsIn(service, pending, signal)) await promote(service.id);
					else throw new AppError('ENGINE_UNREACHABLE', { message: 'neither root password logs in' });
				},
			},
			{
				key: 'verify',
				run: async ({ operation, signal }) => {
					const service = getService(db, operation.serviceId);
					const pending = secrets.find(service.id, ROOT_SECRET, 'pending');
					if (!pending) return;
					if (!(await logsIn(service, pending, signal))) throw new AppError('ENGINE_NOT_READY');
					await promote(service.id);
				},
			},
		],
	});
}
