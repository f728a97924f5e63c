import type { Db } from '../db/client';
import type { Docker, DockerNames } from '../docker';
import type { EngineDefinition } from '../engines/engine';
import type { Images } from '../images';
import type { Logger } from '../log';
import type { EngineBroker } from './broker';
import type { Containers } from './containers';
import type { DataCopies } from './data-copies';
import type { ServiceSecrets } from './secrets';
import type { LiveSettings } from './settings/live';

/** What services ask of the room that finds, pulls and builds images. */
export type ServiceImages = Pick<
	Images,
	| 'resolveImage'
	| 'availability'
	| 'buildMinutes'
	| 'programsFor'
	| 'findNewer'
	| 'resolveNewest'
	| 'removeSuperseded'
>;

/** What the steps of operations on services work with. */
export type ServiceDeps = {
	db: Db;
	docker: Docker;
	names: DockerNames;
	images: ServiceImages;
	/** Throws ENGINE_VERSION_UNKNOWN. */
	engineById: (id: string) => EngineDefinition;
	secrets: ServiceSecrets;
	containers: Containers;
	copies: DataCopies;
	broker: EngineBroker;
	settings: LiveSettings;
	log: Logger;
};
