import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { inspect } from 'node:util';
import { startPanel, type Panel } from '../../../../e2e/panel';
import { createClient, type Client } from '../../trpc/client';
import { openDatabase, type Database } from '../db/client';
import { getOrCreateInstance } from '../db/instance';
import { dataFiles, loadEnv } from '../env';
import { startDockerProxy, type DockerProxy } from './docker-proxy';
import { removeInstance } from './house-check';
import { seedPeople, seedToken, type SeededPeople } from './surface-seed';
import { tokenScopes } from '$lib/shared/roles';

const operationLimitMs = 240_000;

/** A panel behind a Docker proxy, with a project and an all-powerful token, that can be killed at chosen points and started again. */
export class KillableHouse {
	readonly proxy: DockerProxy;
	readonly database: Database;
	readonly project: SeededPeople;
	readonly instanceId: string;
	readonly #token: string;
	readonly #env: Record<string, string>;
	#panel: Panel;

	private constructor(
		{ proxy, env }: { proxy: DockerProxy; env: Record<string, string> },
		panel: Panel,
		database: Database,
	) {
		this.proxy = proxy;
		this.#env = env;
		this.#panel = panel;
		this.database = database;
		this.instanceId = getOrCreateInstance(database.db).instanceId;
		this.project = seedPeople(database.db, { isOwnersInstance: true });
		this.#token = seedToken(database.db, this.project, [...tokenScopes]);
	}

	/** `variables`: of the panel's environment, beside its own. */
	static async build(variables: Record<string, string> = {}): Promise<KillableHouse> {
		const proxy = await startDockerProxy();
		const env = { DOCKER_HOST: proxy.host, SH0_LOG_LEVEL: 'error', ...variables };
		const panel = await startPanel({ env });
		const database = openDatabase({
			file: dataFiles(panel.dataDir).database,
			migrationsDir: loadEnv({}).migrationsDir,
		});
		return new KillableHouse({ proxy, env }, panel, database);
	}

	get client(): Client {
		return createClient({ url: this.#panel.url, token: this.#token });
	}

	get dataDir(): string {
		return this.#panel.dataDir;
	}

	/** As `kill -9` does it. */
	readonly strike = (): void => {
		process.kill(this.#panel.pid, 'SIGKILL');
	};

	/** Kills the panel at its Nth write of the database's log to disk (every commit is one) from now; answers how to call it off. */
	async killAtCommit(commit: number): Promise<() => Promise<void>> {
		const calls = 'fsync,fdatasync';
		const tracer = spawn(
			'strace',
			[
				'-f',
				'-p',
				String(this.#panel.pid),
				'-e',
				`trace=${calls}`,
				'-e',
				`inject=${calls}:signal=SIGKILL:when=${commit}`,
				'-o',
				'/dev/null',
			],
			{ stdio: ['ignore', 'ignore', 'pipe'] },
		);
		const exited = new Promise<void>((resolve) => tracer.once('exit', () => resolve()));
		await new Promise<void>((resolve, reject) => {
			tracer.once('error', reject);
			tracer.once('exit', () => reject(new Error('strace ended before it was attached')));
			createInterface({ input: tracer.stderr }).on('line', (line) => {
				if (line.includes('attached')) resolve();
			});
		});
		return async () => {
			tracer.kill('SIGTERM');
			await exited;
		};
	}

	hasEnded(): boolean {
		return this.#panel.hasEnded();
	}

	/** For a caller whose answer was lost: true once the panel is gone, false when it still lives after a second. */
	async isEnding(): Promise<boolean> {
		for (let wait = 0; wait < 20 && !this.hasEnded(); wait += 1) await sleep(50);
		return this.hasEnded();
	}

	/** Starts the panel again on the same data; nothing strikes until armed anew. */
	async restart(): Promise<void> {
		this.proxy.arm(null);
		await this.#panel.stop('SIGKILL');
		this.#panel = await startPanel({ dataDir: this.#panel.dataDir, env: this.#env });
	}

	/** Waits until no operation runs and answers the newest one of the service, or null when there is none. */
	async settle(serviceId?: string) {
		const deadline = Date.now() + operationLimitMs;
		let last: unknown = null;
		while (Date.now() < deadline) {
			if (this.hasEnded()) return null;
			const operations = await this.client.operations.list
				.query({ projectId: this.project.projectId, ...(serviceId ? { serviceId } : {}) })
				.catch(() => null);
			last = operations?.[0];
			if (operations && operations.every((operation) => operation.status !== 'running'))
				return operations[0] ?? null;
			await sleep(100);
		}
		throw new Error(`an operation did not end in time: ${inspect(last, { depth: 4 })}`);
	}

	/** Removes the panel and all it made. */
	async demolish(): Promise<void> {
		this.database.close();
		await this.#panel.stop('SIGKILL');
		await this.proxy.close();
		this.#panel.remove();
		await removeInstance(this.instanceId);
	}
}
