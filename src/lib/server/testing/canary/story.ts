import { randomBytes } from 'node:crypto';
import { expect, vi } from 'vitest';
import { startPanel, type Panel } from '../../../../../e2e/panel';
import { tokenScopes } from '../../../shared/roles';
import { createClient, toApiError, type Client } from '../../../trpc/client';
import { openDatabase, type Database } from '../../db/client';
import { getOrCreateInstance } from '../../db/instance';
import { createDocker, dockerNames } from '../../docker';
import { dataFiles, loadEnv } from '../../env';
import { marker } from '../hostile';
import { removeInstance } from '../house-check';
import { seedProject, seedToken, type SeededProject } from '../surface-seed';
import type { CanaryEngine } from './engines';
import type { Secrets } from './sinks';
import { ContainerWatch } from './watch';

const operationLimitMs = 150_000;

/** What became of a password: taken and good for a login, or refused with this code. */
export type Fate = 'works' | string;

/** A panel with one real server, people and a canary on it, all watched from before its container was made. */
export class CanaryHouse {
	readonly panel: Panel;
	readonly database: Database;
	readonly project: SeededProject;
	readonly watch: ContainerWatch;
	readonly engine: CanaryEngine;
	/** What must stand nowhere. Every password that a test chose begins with the marker. */
	readonly secrets: Secrets = new Map([['marked password', marker]]);
	readonly #instanceId: string;
	#serviceId = '';
	#port = 0;
	#marked = 0;

	private constructor(
		engine: CanaryEngine,
		{
			panel,
			database,
			watch,
			instanceId,
		}: Pick<CanaryHouse, 'panel' | 'database' | 'watch'> & { instanceId: string },
	) {
		this.engine = engine;
		this.panel = panel;
		this.database = database;
		this.watch = watch;
		this.#instanceId = instanceId;
		this.project = seedProject(database.db, { isOwnersInstance: true });
	}

	static async build(engine: CanaryEngine): Promise<CanaryHouse> {
		const panel = await startPanel({ env: { SH0_LOG_LEVEL: 'debug' } });
		const database = openDatabase({
			file: dataFiles(panel.dataDir).database,
			migrationsDir: loadEnv({}).migrationsDir,
		});
		const { instanceId } = getOrCreateInstance(database.db);
		const docker = createDocker({ socketPath: loadEnv().dockerSocket, instanceId });
		const watch = await ContainerWatch.start(docker, instanceId);
		const house = new CanaryHouse(engine, { panel, database, watch, instanceId });
		try {
			await house.#createServer();
			await house.#createCanary();
			return house;
		} catch (error) {
			await house.demolish();
			throw error;
		}
	}

	get serviceId(): string {
		return this.#serviceId;
	}

	get api(): Client {
		const token =
			this.secrets.get('API token') ?? seedToken(this.database.db, this.project, [...tokenScopes]);
		this.secrets.set('API token', token);
		return createClient({ url: this.panel.url, token });
	}

	/** A password that can be told from every other text: the marker, a number and then this. */
	password(text = randomBytes(6).toString('hex')): string {
		this.#marked += 1;
		return `${marker}${this.#marked}-${text}`;
	}

	async #createServer(): Promise<void> {
		const { engine, version, memoryBytes } = this.engine;
		const { projectId } = this.project;
		const { operationId, serviceId } = await this.api.services.create.mutate({
			...{ projectId, engine, version, memoryBytes, name: 'canary' },
		});
		this.#serviceId = serviceId;
		await this.#ended(operationId);
		this.#port = (await this.api.services.connection.query({ serviceId })).port ?? 0;
		await this.reveal('first root password', null);
		this.watch.lookAt(dockerNames(this.#instanceId).container(serviceId));
	}

	async #createCanary(): Promise<void> {
		const { home, createsDatabases, rights, driver } = this.engine;
		const { serviceId } = this;
		if (createsDatabases) await this.api.databases.create.mutate({ serviceId, name: home });
		const password = this.password();
		this.secrets.set('canary password', password);
		await this.api.databaseUsers.create.mutate({ serviceId, name: 'canary', password, ...rights });
		await driver.keep(this.loginOf('canary', password));
	}

	loginOf(user: string, password: string) {
		return { port: this.#port, user, password, database: this.engine.home };
	}

	/** What other users than the canary get, so that they may log in to its home at all. */
	get readRights() {
		const { hasGrants, home } = this.engine;
		return hasGrants ? { grants: [{ database: home, level: 'read' as const }] } : {};
	}

	get canary() {
		return this.loginOf('canary', this.secrets.get('canary password') ?? '');
	}

	async #ended(operationId: string): Promise<void> {
		const get = () => this.api.operations.get.query({ operationId });
		await vi.waitUntil(async () => (await get()).status !== 'running', {
			timeout: operationLimitMs,
			interval: 200,
		});
		const { status, errorCode } = await get();
		expect({ status, errorCode }).toEqual({ status: 'succeeded', errorCode: null });
	}

	/** Asks for a password that sh0 made and knows; `user` null: the administrator's. */
	async reveal(name: string, user: string | null): Promise<string> {
		const { serviceId } = this;
		const { value } = await this.api.secrets.reveal.mutate(
			user === null ? { serviceId, kind: 'root' } : { serviceId, kind: 'databaseUser', name: user },
		);
		expect(value.length, name).toBeGreaterThan(15);
		this.secrets.set(name, value);
		return value;
	}

	/** A new user of this name and password: refused with a code, or one that logs in with it and with nothing else. */
	async createUser(name: string, text: string): Promise<Fate> {
		const { serviceId } = this;
		const password = this.password(text);
		const code = await codeOf(
			this.api.databaseUsers.create.mutate({ serviceId, name, password, ...this.readRights }),
		);
		if (code !== null) return code;
		await this.#expectOnly(name, password, this.password('wrong'));
		const generated = await this.#renewed(name);
		await this.#expectOnly(name, generated, password);
		await this.api.databaseUsers.remove.mutate({ serviceId, name, confirmName: name });
		expect([name, await this.engine.driver.canLogin(this.loginOf(name, generated))]).toEqual([name, false]);
		return 'works';
	}

	async #renewed(name: string): Promise<string> {
		await this.api.databaseUsers.setPassword.mutate({ serviceId: this.serviceId, name });
		return this.reveal(`generated password of ${JSON.stringify(name)}`, name);
	}

	/** Gives the canary's neighbour this password: refused with a code, or the only one it logs in with. */
	async setPassword(name: string, text: string): Promise<Fate> {
		const password = this.password(text);
		const { serviceId } = this;
		const code = await codeOf(this.api.databaseUsers.setPassword.mutate({ serviceId, name, password }));
		if (code !== null) return code;
		await this.#expectOnly(name, password, `${password}x`);
		return 'works';
	}

	async #expectOnly(name: string, right: string, wrong: string): Promise<void> {
		const { driver } = this.engine;
		const answers = [right, wrong].map((password) => driver.canLogin(this.loginOf(name, password)));
		expect([name, right, await Promise.all(answers)]).toEqual([name, right, [true, false]]);
	}

	async rotateRoot(): Promise<void> {
		const { serviceId } = this;
		const before = await this.reveal('root password before the rotation', null);
		await this.#ended((await this.api.services.rotateRoot.mutate({ serviceId })).operationId);
		const after = await this.reveal('root password', null);
		const { user } = await this.api.services.connection.query({ serviceId });
		const database = this.engine.home;
		const answers = [after, before].map((password) =>
			this.engine.driver.canLogin({ ...this.loginOf(user, password), database }),
		);
		expect(await Promise.all(answers)).toEqual([true, false]);
	}

	async demolish(): Promise<void> {
		await this.watch.stop();
		this.database.close();
		await this.panel.stop();
		await removeInstance(this.#instanceId);
		this.panel.remove();
	}
}

/** The code of a refusal, or null. A failure that nobody foresaw fails the test. */
export async function codeOf(attempt: Promise<unknown>): Promise<string | null> {
	try {
		await attempt;
		return null;
	} catch (error) {
		const { code } = toApiError(error);
		if (code === 'INTERNAL') throw error;
		return code;
	}
}
