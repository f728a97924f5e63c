import { AppError, isAppError } from '../../errors';
import {
	BeginAgain,
	defineOperation,
	type AnyOperation,
	type StepContext,
} from '../../operations/definition';
import type { Secret } from '../../secret';
import type { ServiceDeps } from '../deps';
import { endOtherRoots, setNextRoot } from '../next-root';
import { waitUntilReady } from '../ready';
import { deleteService, findService, getService, updateService } from '../repository';
import { BOOTSTRAP_SECRET } from '../secrets';
import { as, bootstrapLogin, probe, rootLogin } from '../server';
import { noInput } from './input';
import { imageStep } from './steps';

type Context = StepContext<Record<string, never>>;

/**
 * A new service. Until its first verified login (`initializedAt`) whatever goes wrong throws the volume away and begins anew, since
 * a first start that was cut short never heals; after it the volume is never touched.
 */
export function createOperation(deps: ServiceDeps): AnyOperation {
	const { db, containers, secrets } = deps;

	const serviceOf = ({ operation }: Context) => getService(db, operation.serviceId);
	const bootstrapOf = ({ operation }: Context): Secret => {
		const secret = secrets.find(operation.serviceId, BOOTSTRAP_SECRET, 'current');
		if (!secret) throw new BeginAgain('volume', { cause: new AppError('OPERATION_INTERRUPTED') });
		return secret;
	};

	/** Everything a first start may have left half done. */
	async function clear(serviceId: string): Promise<void> {
		if (getService(db, serviceId).initializedAt !== null) {
			throw new AppError('INTERNAL', { message: `${serviceId} holds data: its volume stays` });
		}
		await containers.remove(serviceId);
		await containers.removeVolumes(serviceId);
		secrets.dropAll(serviceId);
	}

	/** A storage server reads from its files who gets in; those without the bootstrap password hold from the next start on. */
	async function startWithoutBootstrap({ operation, signal }: Context, root: Secret): Promise<void> {
		const service = getService(db, operation.serviceId);
		await containers.stop(service);
		await containers.ensure(service.id, { operationId: operation.id });
		await waitUntilReady(deps, service, { password: root, signal, maxRestarts: 0 });
	}

	return defineOperation({
		kind: 'service.create',
		input: noInput,
		steps: [
			imageStep(deps),
			{
				key: 'network',
				run: (context) => containers.ensureNetwork(serviceOf(context).projectId),
				undo: async ({ operation }) => {
					const service = findService(db, operation.serviceId);
					if (service) await containers.removeNetworkIfLast(service);
				},
			},
			{
				key: 'volume',
				run: async (context) => {
					const service = serviceOf(context);
					if (service.initializedAt !== null) return;
					await clear(service.id);
					await containers.ensureVolume(service, context.operation.id);
				},
				undo: ({ operation }) => clear(operation.serviceId),
			},
			{
				key: 'container',
				run: async (context) => {
					const { id, serviceId } = context.operation;
					const bootstrapPassword =
						secrets.find(serviceId, BOOTSTRAP_SECRET, 'current') ??
						secrets.create(serviceId, BOOTSTRAP_SECRET, 'current');
					await containers.ensure(serviceId, { operationId: id, bootstrapPassword });
				},
				undo: ({ operation }) => containers.remove(operation.serviceId),
			},
			{
				key: 'ready',
				run: async (context) => {
					const service = serviceOf(context);
					if (service.initializedAt !== null) return;
					const password = bootstrapOf(context);
					try {
						await waitUntilReady(deps, service, {
							...{ password, signal: context.signal },
							...{ isBootstrap: true, maxRestarts: 0 },
						});
					} catch (error) {
						throw isWorthAnother(error) ? new BeginAgain('volume', { cause: error }) : error;
					}
				},
			},
			{
				key: 'credentials',
				run: async (context) => {
					const service = serviceOf(context);
					if (service.initializedAt !== null) return;
					const bootstrap = bootstrapOf(context);
					const engine = deps.engineById(service.engine);
					const server = await deps.broker.server(service, bootstrapLogin(engine, bootstrap));
					const root = await setNextRoot(deps, service.id, server);
					const asRoot = as(server, rootLogin(engine, root));
					await probe(asRoot, context.signal);
					await endOtherRoots(asRoot);
					if (asRoot.kind === 'storage') {
						await asRoot.engine.lifecycle.settle(asRoot.target);
						await startWithoutBootstrap(context, root);
					}
					secrets.promoteRoot(service.id, { isFirst: true });
					await deps.settings.tryToApply(service.id);
				},
			},
		],
		resumeFrom: ({ operation }) =>
			findService(db, operation.serviceId)?.initializedAt === null ? 'volume' : null,
		onSuccess: ({ operation }, tx) => updateService(tx, operation.serviceId, { phase: 'ready' }),
		onFailure: ({ operation }, tx, { isUndone }) => {
			if (isUndone) deleteService(tx, operation.serviceId);
			else updateService(tx, operation.serviceId, { phase: 'failed' });
		},
	});
}

/** A container that ended may have been cut short by Docker's own end; one that ran out of memory will do so again. */
function isWorthAnother(error: unknown): error is AppError {
	return (
		isAppError(error, 'ENGINE_NOT_READY') && 'exitCode' in error.details && error.details.oomKilled !== true
	);
}
