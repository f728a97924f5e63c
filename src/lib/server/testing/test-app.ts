import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { MIB } from '$lib/shared/units';
import { buildApp, type App } from '../app';
import { projects } from '../db/schema';
import { loadEnv } from '../env';
import { newId } from '../ids';
import { createLogger, Redactor } from '../log';
import { findOperation, type OperationRow } from '../operations/repository';
import type { Caller, Started } from '../services/manager';
import type { OutsideNetwork } from '../storage/copies/address';
import { removeInstance } from './house-check';

export const testCaller: Caller = { actor: 'test', auditIntentSeq: null };

/** The smallest PostgreSQL there is. */
export const smallPostgres = { engine: 'postgres', version: '18', memoryBytes: 256 * MIB };

type TestAppOptions = {
	dockerSocket?: string;
	/** Which addresses outside are connected to; by default none of this machine. */
	network?: OutsideNetwork;
};

/** An app on the real Docker with a data folder and an instance of its own. */
export class TestApp {
	readonly dataDir: string;
	app: App;
	readonly #options: TestAppOptions;
	#networkIndex = 0;

	constructor(options: TestAppOptions = {}) {
		this.dataDir = mkdtempSync(join(tmpdir(), 'sh0-app-'));
		this.#options = options;
		this.app = this.#build();
	}

	/** Ends the app as the panel does and builds it anew on the same data; not started yet. */
	async rebuild(): Promise<void> {
		await this.app.stop();
		this.app = this.#build();
	}

	/** As `rebuild`, once this step of the operation has begun. */
	async rebuildIn(operationId: string, key: string): Promise<void> {
		const begunAt = () =>
			findOperation(this.app.db, operationId)?.steps.find((step) => step.key === key)?.startedAt;
		await expect.poll(begunAt, { timeout: 90_000, interval: 5 }).toBeInstanceOf(Date);
		await this.rebuild();
	}

	/** Stops it and removes all it made, and nothing else. */
	async remove(): Promise<void> {
		const { instanceId } = this.app.instance;
		await this.app.stop();
		await removeInstance(instanceId);
		rmSync(this.dataDir, { recursive: true, force: true });
	}

	createProject(): string {
		const id = newId('project');
		const networkIndex = this.#networkIndex++;
		this.app.db.insert(projects).values({ id, name: id, networkIndex, createdAt: new Date() }).run();
		return id;
	}

	/** Waits until the operation has ended, and answers how. */
	async ended(started: Started | Promise<Started>): Promise<OperationRow> {
		return this.app.runner.wait((await started).operationId);
	}

	/** As `ended`, and throws unless it succeeded. */
	async succeeded(started: Started | Promise<Started>): Promise<string> {
		const operation = await this.ended(started);
		if (operation.status !== 'succeeded') {
			throw new Error(`${operation.kind} ${operation.status}: ${operation.errorCode}`);
		}
		return operation.serviceId;
	}

	/** A running PostgreSQL server; its id. */
	createPostgres(projectId: string, name: string): Promise<string> {
		return this.succeeded(this.app.manager.create({ ...smallPostgres, projectId, name }, testCaller));
	}

	#build(): App {
		const env = loadEnv({});
		const { dockerSocket = env.dockerSocket, network } = this.#options;
		return buildApp(
			{ ...env, dataDir: this.dataDir, dockerSocket },
			{
				...(network === undefined ? {} : { network }),
				log: createLogger({
					level: process.env.SH0_TEST_LOG === '1' ? 'debug' : 'error',
					redactor: new Redactor(),
				}),
			},
		);
	}
}
