import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { engineById } from '../../src/lib/server/engines';
import { Secret } from '../../src/lib/server/secret';
import type { Client } from '../../src/lib/trpc/client';
import { docker } from './docker';
import type { BenchEngine } from './engines';
import { ms, quantile, sideBySide, timeMs, type Row } from './measure';

const pollMs = 20;
const pages = 30;

type Ours = { serviceId: string; container: string; image: string; argv: string[] };
type Theirs = { name: string; password: string };

async function ended(sh0: Client, operationId: string): Promise<void> {
	for (;;) {
		const { status } = await sh0.operations.get.query({ operationId });
		if (status === 'succeeded') return;
		if (status !== 'running') throw new Error(`the operation ended as ${status}`);
		await sleep(pollMs);
	}
}

/** A server of one engine through the API and by `docker run`, and what is done with both. */
export class EngineBench {
	readonly #sh0: Client;
	readonly #engine: BenchEngine;
	readonly #projectId: string;
	readonly #containerOf: (serviceId: string) => string;
	readonly #made: Theirs[] = [];
	#network: string | null = null;

	constructor(
		engine: BenchEngine,
		about: { sh0: Client; projectId: string; containerOf: (serviceId: string) => string },
	) {
		this.#engine = engine;
		this.#sh0 = about.sh0;
		this.#projectId = about.projectId;
		this.#containerOf = about.containerOf;
	}

	get #label(): string {
		return `${engineById(this.#engine.id).label} ${this.#engine.version}`;
	}

	get #memoryBytes(): number {
		return engineById(this.#engine.id).lifecycle.defaultMemoryBytes;
	}

	/** Makes a server through the API and waits until sh0 calls it ready; its id. */
	async #create(): Promise<string> {
		const { id: engine, version } = this.#engine;
		const input = { projectId: this.#projectId, engine, version, memoryBytes: this.#memoryBytes };
		const name = `b-${randomBytes(4).toString('hex')}b`;
		const { operationId, serviceId } = await this.#sh0.services.create.mutate({ ...input, name });
		await ended(this.#sh0, operationId);
		return serviceId;
	}

	async server(): Promise<Ours> {
		const serviceId = await this.#create();
		const container = this.#containerOf(serviceId);
		const inspected = await docker(['inspect', '--format', '{{json .Config}}', container]);
		const config = z
			.object({ Image: z.string(), Cmd: z.array(z.string()).nullable() })
			.parse(JSON.parse(inspected));
		return { serviceId, container, image: config.Image, argv: config.Cmd ?? [] };
	}

	/** A plain server of the same image; resolves at the first login, asked as sh0 asks. */
	async #plain({ image, argv }: Ours): Promise<void> {
		const { id, version, env, hasSameArguments } = this.#engine;
		const { lifecycle } = engineById(id);
		const bootstrapPassword = new Secret(randomBytes(12).toString('hex'));
		const { port } = lifecycle.containerSpec({
			...{ version, memoryBytes: this.#memoryBytes, bootstrapPassword, settings: {} },
		});
		const name = `sh0-bench-${randomBytes(4).toString('hex')}`;
		const password = bootstrapPassword.reveal();
		this.#made.push({ name, password });
		const variables = env(password);
		const network = await this.#plainNetwork();
		await docker(
			[
				...['run', '-d', '--name', name, '--network', network, '-m', String(this.#memoryBytes)],
				...Object.keys(variables).flatMap((variable) => ['-e', variable]),
				...['-p', `127.0.0.1::${port}`, image, ...(hasSameArguments ? argv : [])],
			],
			{ env: variables },
		);
		const address = await docker(['port', name, `${port}/tcp`]);
		const hostPort = Number(address.split(':').at(-1));
		const target = { host: '127.0.0.1', port: hostPort, user: lifecycle.rootUser, version };
		for (;;) {
			const isReady = await lifecycle.probe({ ...target, password: bootstrapPassword }).then(
				() => true,
				() => false,
			);
			if (isReady) return;
			await sleep(pollMs);
		}
	}

	/** A network of its own kind, as sh0's servers have: the default one answers no names. */
	async #plainNetwork(): Promise<string> {
		if (!this.#network) {
			this.#network = `sh0-bench-${randomBytes(4).toString('hex')}`;
			await docker(['network', 'create', this.#network]);
		}
		return this.#network;
	}

	/** Create-to-ready against `docker run` of the same image until the first login. */
	async createToReady(ours: Ours, rounds: number): Promise<Row> {
		await this.#plainNetwork();
		const { oursMs, theirsMs } = await sideBySide(
			rounds,
			() => this.#create(),
			() => this.#plain(ours),
		);
		return {
			what: `create ${this.#label} until ready`,
			...{ ours: ms(oursMs), raw: `${ms(theirsMs)} (docker run)` },
			...{ ratio: `${(oursMs / theirsMs).toFixed(2)} x`, goal: '<= 1.15 x' },
		};
	}

	async #byHand(statement: string[]): Promise<void> {
		const { cli } = this.#engine;
		const theirs = this.#made.at(-1);
		if (!cli || !theirs) throw new Error('no plain server');
		await docker(['exec', '-e', cli.passwordVariable, theirs.name, ...cli.argv, ...statement], {
			env: { [cli.passwordVariable]: theirs.password },
		});
	}

	/** Database, user and grant (where there are no databases: user and rules) through the API against the engine's command line. */
	async databaseUserGrant({ serviceId }: Ours, rounds: number): Promise<Row | null> {
		const { cli, byHand, many } = this.#engine;
		if (!cli) return null;
		const { oursMs, theirsMs } = await sideBySide(
			rounds,
			async (round) => {
				const name = `our_user_${round}`;
				if (many) {
					const database = `ours_${round}`;
					await this.#sh0.databases.create.mutate({ serviceId, name: database });
					const grants = [{ database, level: 'write' as const }];
					await this.#sh0.databaseUsers.create.mutate({ serviceId, name, grants });
				} else {
					const access = { keyPatterns: ['app:*'], channelPatterns: [], commands: ['+@read'] };
					await this.#sh0.databaseUsers.create.mutate({ serviceId, name, access });
				}
			},
			async (round) => {
				for (const statement of byHand(round)) await this.#byHand(statement);
			},
		);
		return {
			what: `${this.#label}: ${many ? 'database + user + grant' : 'user + rules'}`,
			...{ ours: ms(oursMs), raw: `${ms(theirsMs)} (docker exec x${byHand(0).length})` },
			...{ ratio: `${(theirsMs / oursMs).toFixed(1)} x faster`, goal: '>= 20 x' },
		};
	}

	/** The tabs of a server with so many databases and users. */
	async manyThings({ serviceId, container }: Ours, count: number): Promise<Row[]> {
		const { cli, many } = this.#engine;
		if (!cli || !many) return [];
		const { value: password } = await this.#sh0.secrets.reveal.mutate({ serviceId, kind: 'root' });
		// Without its last argument the command line reads statements from its standard input.
		const argv = cli.argv.slice(0, -1);
		await docker(['exec', '-i', '-e', cli.passwordVariable, container, ...argv], {
			...{ env: { [cli.passwordVariable]: password }, input: many(count) },
		});
		const measured = async (what: string, ask: () => Promise<unknown>): Promise<Row> => {
			await ask();
			const samples: number[] = [];
			for (let page = 0; page < pages; page += 1) samples.push(await timeMs(ask));
			return {
				what: `${this.#label}, ${count} databases and users: ${what}, p50 / p99`,
				ours: `${ms(quantile(samples, 0.5))} / ${ms(quantile(samples, 0.99))}`,
				...{ raw: '', ratio: '', goal: '' },
			};
		};
		return [
			await measured('databases', () => this.#sh0.databases.list.query({ serviceId })),
			await measured('users and grants', () => this.#sh0.databaseUsers.grantMatrix.query({ serviceId })),
		];
	}

	/** Removes the plain servers; sh0's own go with their instance. */
	async removePlain(): Promise<void> {
		for (const { name } of this.#made) await docker(['rm', '-f', '-v', name]);
		if (this.#network) await docker(['network', 'rm', this.#network]);
	}
}
