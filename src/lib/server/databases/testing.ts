import { join } from 'node:path';
import { MIB } from '$lib/shared/units';
import { projects, services } from '../db/schema/index';
import { openTestDatabase } from '../db/testing';
import { engineById } from '../engines';
import { newId } from '../ids';
import { Redactor } from '../log';
import { Secret } from '../secret';
import type { FakeDatabaseAdmin } from '../testing/fake-database-admin';
import { openVault } from '../vault';
import type { DatabaseService } from './deps';
import { createDatabases } from './index';

/** The feature over an engine in memory, with one service of the engine's id. */
export class TestHouse {
	readonly database = openTestDatabase();
	readonly service: DatabaseService;
	readonly house: ReturnType<typeof createDatabases>;

	constructor(
		readonly admin: FakeDatabaseAdmin,
		{ engine, version }: { engine: string; version: string },
	) {
		this.service = { id: newId('service'), engine, version };
		this.#insertService();
		const { db, dataDir } = this.database;
		const keyFile = join(dataDir, 'master.key');
		this.house = createDatabases({
			db,
			vault: openVault({ db, keyFile, instanceId: 'abcdef01', redactor: new Redactor() }),
			broker: { admin: () => Promise.resolve(admin) },
			secrets: { root: () => new Secret('root password') },
			engineById,
		});
	}

	#insertService(): void {
		const { db } = this.database;
		const { id, engine, version } = this.service;
		const projectId = newId('project');
		const createdAt = new Date();
		db.insert(projects).values({ id: projectId, name: 'p', networkIndex: 0, createdAt }).run();
		db.insert(services)
			.values({
				...{ id, projectId, engine, version, createdAt, kind: 'database', name: 's' },
				...{ memoryBytes: 256 * MIB, desiredState: 'running', phase: 'ready' },
			})
			.run();
	}
}
