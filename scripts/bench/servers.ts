import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { databaseEngineById } from '../../src/lib/server/engines';
import { Secret } from '../../src/lib/server/secret';
import type { Client } from '../../src/lib/trpc/client';
import { docker } from './docker';
import type { BenchEngine } from './engines';
import { ms, quantile, sideBySide, timeMs, type Row } from './measure';

const pollMs = 20;
const pages = 30;
/** What a browser asks for when a tab is opened. */
const tabs = ['', '/databases', '/users', '/access', '/sessions', '/data', '/logs', '/settings'];
/** A tab that opens slower than this is felt as slow. */
const tabLimitMs = 300;

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
	readonly #readPage: (path: string) => Promise<unknown>;
	readonly #made: Theirs[] = [];
	#network: string | null = null;

	constructor(
		engine: BenchEngine,
		about: {
			sh0: Client;
			projectId: string;
			containerOf: (serviceId: string) => string;
			/** Reads one page as a signed-in browser does. */
			readPage: (path: string) => Promise<unknown>;
		},
	) {
		this.#engine = engine;
		this.#sh0 = about.sh0;
		this.#projectId = about.projectId;
		this.#containerOf = about.containerOf;
		this.#readPage = about.readPage;
	}

	get label(): string {
		return `${databaseEngineById(this.#engine.id).label} ${this.#engine.version}`;
	}

	get #memoryBytes(): number {
		return databaseEngineById(this.#engine.id).lifecycle.defaultMemoryBytes;
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
		const { lifecycle } = databaseEngineById(id);
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
			what: `create ${this.label} until ready`,
			...{ ours: ms(oursMs), raw: `${ms(theirsMs)} (docker run)` },
			...{ ratio: `${(oursMs / theirsMs).toFixed(2)} x`, goal: '<= 1.15 x' },
		};
	}

	async #byHand(statement: string[]): Promise<void> {
		const { cli } = this.#engine;
		const theirs = this.#made.at(-1);
		if ('missing' in cli || !theirs) throw new Error('no plain server');
		await docker(['exec', '-e', cli.passwordVariable, theirs.name, ...cli.argv, ...statement], {
			env: { [cli.passwordVariable]: theirs.password },
		});
	}

	/** The same statements in one call: the command line reads them from its standard input. */
	async #byHandAtOnce(container: string, password: string, text: string): Promise<void> {
		const { cli } = this.#engine;
		if ('missing' in cli) throw new Error(cli.missing);
		// The last argument is the flag before a statement, where there is one.
		const argv = cli.argv.length > 1 ? cli.argv.slice(0, -1) : cli.argv;
		await docker(['exec', '-i', '-e', cli.passwordVariable, container, ...argv], {
			...{ env: { [cli.passwordVariable]: password }, input: `${text}\n` },
		});
	}

	async #byApi(serviceId: string, number: string): Promise<void> {
		const name = `our_user_${number}`;
		if (this.#engine.hasNamedDatabases) {
			const database = `ours_${number}`;
			await this.#sh0.databases.create.mutate({ serviceId, name: database });
			const grants = [{ database, level: 'write' as const }];
			await this.#sh0.databaseUsers.create.mutate({ serviceId, name, grants });
		} else {
			const access = { keyPatterns: ['app:*'], channelPatterns: [], commands: ['+@read'] };
			await this.#sh0.databaseUsers.create.mutate({ serviceId, name, access });
		}
	}

	/**
	 * Database, user and grant (where there are no databases: user and rules) through the API against the engine's command line: a call for
	 * each statement, as a person types them, and all in one call, as a script would.
	 */
	async databaseUserGrant({ serviceId }: Ours, rounds: number): Promise<Row[]> {
		const { cli, byHand, hasNamedDatabases } = this.#engine;
		const theirs = this.#made.at(-1);
		if ('missing' in cli) return [this.#notMeasured(`by hand: ${cli.missing}`)];
		if (!theirs) throw new Error('no plain server');
		const row = (raw: string, { oursMs, theirsMs }: Awaited<ReturnType<typeof sideBySide>>): Row => ({
			what: `${this.label}: ${hasNamedDatabases ? 'database + user + grant' : 'user + rules'}`,
			...{ ours: ms(oursMs), raw: `${ms(theirsMs)} (${raw})` },
			...{ ratio: `${(theirsMs / oursMs).toFixed(1)} x faster`, goal: '>= 20 x' },
		});
		const count = byHand(0).length;
		const singly = await sideBySide(
			rounds,
			(round) => this.#byApi(serviceId, `${round}`),
			async (round) => {
				for (const statement of byHand(round)) await this.#byHand(statement);
			},
		);
		const rows = [row(`docker exec x${count}`, singly)];
		if (count === 1) return rows;
		const together = await sideBySide(
			rounds,
			(round) => this.#byApi(serviceId, `${rounds + round}`),
			(round) => {
				const text = byHand(rounds + round).map((words) => `${words.join(' ')};`);
				return this.#byHandAtOnce(theirs.name, theirs.password, text.join('\n'));
			},
		);
		return [...rows, row(`docker exec x1, ${count} statements`, together)];
	}

	#notMeasured(why: string): Row {
		return { what: `${this.label}: not measured ${why}`, ours: '', raw: '', ratio: '', goal: '' };
	}

	/** The tabs of a server with so many databases and users, and three grants a user. */
	async manyThings({ serviceId, container }: Ours, count: number): Promise<Row[]> {
		const { cli, many, hasNamedDatabases } = this.#engine;
		if ('missing' in cli) return [this.#notMeasured(`with many users: ${cli.missing}`)];
		const { value: password } = await this.#sh0.secrets.reveal.mutate({ serviceId, kind: 'root' });
		await this.#byHandAtOnce(container, password, many(count));
		const about = hasNamedDatabases
			? `${count} databases, ${count} users, ${count * 3} grants`
			: `${count} users`;
		const measured = async (what: string, ask: () => Promise<unknown>): Promise<Row> => {
			const coldMs = await timeMs(ask);
			const samples: number[] = [];
			for (let page = 0; page < pages; page += 1) samples.push(await timeMs(ask));
			const [half, most] = [quantile(samples, 0.5), quantile(samples, 0.99)];
			return {
				what: `${this.label}, ${about}: ${what}, first / p50 / p99`,
				...{ ours: `${ms(coldMs)} / ${ms(half)} / ${ms(most)}`, raw: '' },
				...{ ratio: Math.max(coldMs, most) < tabLimitMs ? 'ok' : 'over', goal: `< ${tabLimitMs} ms` },
			};
		};
		const { databases, databaseUsers } = this.#sh0;
		const rows = [
			await measured('databases', () => databases.list.query({ serviceId })),
			await measured('users', () => databaseUsers.list.query({ serviceId })),
			await measured('matrix of users and grants', () => databaseUsers.grantMatrix.query({ serviceId })),
			await measured('a search for a user', () =>
				databaseUsers.list.query({ serviceId, search: `user_0${count - 1}` }),
			),
		];
		for (const tab of tabs) {
			const data = `/databases/${serviceId}${tab}/__data.json`;
			rows.push(await measured(`page ${tab || '/'}`, () => this.#readPage(data)));
		}
		const { total } = await databaseUsers.list.query({ serviceId });
		if (total < count) throw new Error(`${this.label} has ${total} users, not ${count}`);
		return rows;
	}

	/** Removes the plain servers; sh0's own go with their instance. */
	async removePlain(): Promise<void> {
		for (const { name } of this.#made) await docker(['rm', '-f', '-v', name]);
		if (this.#network) await docker(['network', 'rm', this.#network]);
	}
}
