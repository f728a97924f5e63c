import type { Db } from '../db/client';
import type { DockerNames } from '../docker';
import type { Logger } from '../log';
import { listFailed } from '../operations/repository';
import { formerData, isOver, runningOn } from './data-volume';
import type { ServiceImages } from './deps';
import { listServices, type ServiceRow } from './repository';

const EVERY_MS = 60 * 60_000;

type SupersededImagesDeps = {
	db: Db;
	names: DockerNames;
	images: Pick<ServiceImages, 'removeSuperseded'>;
	log: Logger;
};

/** Images built here that a newer one has taken the place of, and that no service needs, not even on its way back. */
export class SupersededImages {
	readonly #deps: SupersededImagesDeps;
	#clearing: Promise<void> | null = null;
	#dueMs = 0;

	constructor(deps: SupersededImagesDeps) {
		this.#deps = deps;
	}

	/** Removes them, once an hour at most; calls while it is at it share that run. Never throws. */
	clear(): Promise<void> {
		if (this.#clearing === null && Date.now() < this.#dueMs) return Promise.resolve();
		this.#dueMs = Date.now() + EVERY_MS;
		this.#clearing ??= this.#clear()
			.catch((error: unknown) => this.#deps.log.warn('images not removed yet', { error }))
			.finally(() => {
				this.#clearing = null;
			});
		return this.#clearing;
	}

	async #clear(): Promise<void> {
		const { images, log } = this.#deps;
		const removed = await images.removeSuperseded(this.#needed());
		if (removed.length > 0) log.info('superseded images removed', { images: removed });
	}

	/** Of services that run, lie in the trash, are being upgraded, or may have to go back. */
	#needed(): Set<string> {
		const { db } = this.#deps;
		const inputOf = (operation: { input: unknown } | null) =>
			runningOn.safeParse(operation?.input).data?.imageRef;
		const refs = [
			...listServices(db).flatMap(({ service, operation }) => [
				service.imageRef,
				this.#formerOf(service),
				inputOf(operation),
			]),
			// What they left is for people to put right, who may need the image for it.
			...listFailed(db, 'service.upgrade').map(inputOf),
		];
		return new Set(refs.filter((ref) => ref !== null && ref !== undefined));
	}

	#formerOf(service: ServiceRow): string | null {
		const { db, names } = this.#deps;
		const former = formerData(db, names, service);
		return former && !isOver(former, service) ? former.state.imageRef : null;
	}
}
