import { MIB } from '$lib/shared/units';
import { projects, services } from '../db/schema/index';
import type { Db } from '../db/client';
import { newId } from '../ids';

/** A ready Garage server that should run, in a project of its own, in a database alone; its id. */
export function seedStorageServer(db: Db, createdAt = new Date()): string {
	const projectId = newId('project');
	const serviceId = newId('service');
	db.insert(projects).values({ id: projectId, name: 'p', networkIndex: 0, createdAt }).run();
	db.insert(services)
		.values({
			...{ id: serviceId, projectId, kind: 'storage', engine: 'garage', version: '2', name: 'files' },
			...{ memoryBytes: 256 * MIB, desiredState: 'running', phase: 'ready', createdAt },
		})
		.run();
	return serviceId;
}
