import { writeTransaction } from '../../db/client';
import { ProgramInImageError } from '../../docker/images-run';
import { AppError } from '../../errors';
import { defineOperation, type AnyOperation, type StepContext } from '../../operations/definition';
import { findOperation } from '../../operations/repository';
import type { ServiceDeps } from '../deps';
import { columnsOf } from '../image';
import { copyKeptUntil, dataVolume, runningOn, type RunningOn } from '../data-volume';
import { getService, updateService, type ServiceRow } from '../repository';
import { replaceContainer } from './replace';
import { containerStep, settingsStep, waitStep } from './steps';

/** Its input is what the service has run on, for the way back. */
type Context = StepContext<RunningOn>;

/**
 * The newest image of the same version. Where the engine says that it may write the data in a form of its own, it gets a copy of them; the
 * former volume is left alone. When the engine does not come up, the former image comes back with the former volume; once it has answered a
 * login there is no way back, since apps have been writing from then on. Throws ALREADY_NEWEST before anything is changed; and
 * UPGRADE_NEEDS_SPACE, before the server is stopped unless others fill the disk while it copies. While it fetches the image and while it
 * copies it can be cancelled: then the server is as it was.
 */
export function upgradeOperation(deps: ServiceDeps): AnyOperation {
	const { db, images, copies, names, secrets, log } = deps;
	const container = containerStep(deps);
	const wait = waitStep(deps);

	const serviceOf = ({ operation }: Context) => getService(db, operation.serviceId);
	const mayRewriteData = ({ engine, version }: ServiceRow) =>
		deps.engineById(engine).lifecycle.mayRewriteData(version);
	const ownVolume = (service: Pick<ServiceRow, 'id' | 'dataVolume'>) => dataVolume(names, service);
	/** Programs that copy never come from the new image: it may be broken. */
	async function copying(context: Context): Promise<{ from: string; image: string; signal: AbortSignal }> {
		const { input, signal } = context;
		const { id, engine, version } = serviceOf(context);
		const former = { ref: input.imageRef ?? '', origin: input.imageOrigin ?? 'registry' };
		return {
			from: ownVolume({ id, dataVolume: input.dataVolume }),
			image: await images.programsFor({ engine, version, ...former }),
			signal,
		};
	}
	/** Apps are on its network from the start, so one of them may have written before sh0 logs in: then the copy is not thrown away. */
	const wasStarted = ({ operation }: Context) => {
		const upgrade = findOperation(db, operation.id);
		return upgrade !== undefined && copyKeptUntil(db, upgrade) !== null;
	};
	/** The image may only go back where the volume does. */
	const isOnFormerVolume = (context: Context) => serviceOf(context).dataVolume === context.input.dataVolume;

	/** While the server still runs, so that it is not stopped for nothing; files that go meanwhile spoil the sum. */
	async function assertRoom(context: Context): Promise<void> {
		const service = serviceOf(context);
		if (!mayRewriteData(service)) return;
		try {
			await copies.assertRoom(service, await copying(context));
		} catch (error) {
			if (!(error instanceof ProgramInImageError)) throw error;
		}
	}

	return defineOperation({
		kind: 'service.upgrade',
		input: runningOn,
		steps: [
			{
				key: 'image',
				isCancellable: true,
				run: async (context) => {
					const { operation, input, progress, signal } = context;
					const { engine, version } = serviceOf(context);
					const image = await images.resolveNewest({
						...{ engine, version, digest: input.imageDigest },
						...{ onProgress: progress, signal },
					});
					if (image.digest === input.imageDigest) throw new AppError('ALREADY_NEWEST');
					await assertRoom(context);
					writeTransaction(db, (tx) => updateService(tx, operation.serviceId, columnsOf(image)));
				},
				undo: (context) => {
					const { operation, input } = context;
					if (isOnFormerVolume(context))
						writeTransaction(db, (tx) => updateService(tx, operation.serviceId, input));
					return Promise.resolve();
				},
			},
			{
				key: 'removeContainer',
				run: ({ operation }) => replaceContainer(deps, operation.serviceId, {}),
				undo: async (context) => {
					// The new container could not be taken away: it keeps its image and its data.
					if (!isOnFormerVolume(context)) return;
					await replaceContainer(deps, context.operation.serviceId, context.input);
					await container.run(context);
					await wait.run(context);
				},
			},
			{
				key: 'keep',
				isCancellable: true,
				run: async (context) => {
					const service = serviceOf(context);
					// A copy that the row names is whole: a panel that ended right then does not make it again.
					if (!mayRewriteData(service) || !isOnFormerVolume(context)) return;
					const made = { operationId: context.operation.id, onProgress: context.progress };
					const copy = { ...(await copying(context)), ...made };
					const name = await copies.make(service, copy);
					writeTransaction(db, (tx) => {
						secrets.keepRootOf(tx, service.id, copy.from);
						updateService(tx, service.id, { dataVolume: name });
					});
				},
				undo: async (context) => {
					const { id, serviceId } = context.operation;
					// One write, once nothing runs any more: image and volume belong together.
					if (!isOnFormerVolume(context)) await replaceContainer(deps, serviceId, context.input);
					secrets.dropRootOf(serviceId, ownVolume(serviceOf(context)));
					if (wasStarted(context)) return;
					// The former image needs room to start; what cannot be removed now is cleared later.
					await copies
						.remove(serviceId, id)
						.catch((error: unknown) => log.warn('copy not removed yet', { service: serviceId, error }));
				},
			},
			// A container that was started while Docker was away may be at work: it is not given up unseen.
			{ ...container, isPatient: true },
			{
				...wait,
				run: async (context) => {
					// It may have ended while the panel was away, after apps had logged in.
					await container.run(context);
					await wait.run(context);
				},
				isPatient: true,
			},
			settingsStep(deps),
		],
		pointOfNoReturn: 'ready',
	});
}
