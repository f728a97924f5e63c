import type { Db } from '../db/client';
import type { Docker, DockerNames } from '../docker';
import type { EngineDefinition } from '../engines/engine';
import type { Images } from '../images';
import type { Logger } from '../log';
import type { EngineBroker } from './broker';
import type { Containers } from './containers';
import type { ServiceSecrets } from './secrets';
import type { LiveSettings } from './settings/live';

/** What the steps of operations on services work with. */
export type ServiceDeps = {
	db: Db;
	docker: Docker;
	names: DockerNames;
	images: Pick<Images, 'resolveImage' | 'availability'>;
	/** Throws ENGINE_VERSION_UNKNOWN. */
	engineById: (id: string) => EngineDefinition;
	secrets: ServiceSecrets;
	containers: Containers;
	broker: EngineBroker;
	settings: LiveSettings;
	log: Logger;
};
