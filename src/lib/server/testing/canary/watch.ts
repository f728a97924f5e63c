import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { LABEL, type Docker } from '../../docker';
import type { Sink } from './sinks';

const everyMs = 100;

const event = z.looseObject({ Type: z.string(), Action: z.string() });

/** What Docker says of the containers of one instance while a test works on them. */
export class ContainerWatch {
	readonly #docker: Docker;
	readonly #instanceId: string;
	readonly #abort = new AbortController();
	readonly #programs = new Set<string>();
	/** Each of their lines once: what stands in one stands in all that are like it. */
	readonly #processes = new Set<string>();
	#events = '';
	#work: Promise<unknown> = Promise.resolve();

	private constructor(docker: Docker, instanceId: string) {
		this.#docker = docker;
		this.#instanceId = instanceId;
	}

	/** Starts to record Docker's events as they come: it forgets all but the newest 256. */
	static async start(docker: Docker, instanceId: string): Promise<ContainerWatch> {
		const watch = new ContainerWatch(docker, instanceId);
		const filters = { label: [`${LABEL.instance}=${instanceId}`] };
		const stream = await docker.client.engine.getEvents({ filters, abortSignal: watch.#abort.signal });
		stream.on('data', (chunk: Buffer) => (watch.#events += chunk.toString()));
		stream.on('error', () => undefined);
		return watch;
	}

	/** From now on it looks at the container's processes ten times a second; what an earlier start of it ran is not of interest. */
	lookAt(container: string): void {
		this.#work = Promise.all([this.#work, this.#look(container)]);
	}

	async #look(container: string): Promise<void> {
		const engine = this.#docker.client.engine.getContainer(container);
		while (!this.#abort.signal.aborted) {
			await this.#lookOnce(engine);
			await delay(everyMs);
		}
	}

	async #lookOnce(engine: { top(options: object): Promise<{ Processes: string[][] }> }): Promise<void> {
		const { Processes } = await engine.top({ ps_args: '-eo pid,comm,args' });
		for (const process of Processes) {
			this.#programs.add(process[1] ?? '');
			this.#processes.add(process.join(' '));
		}
	}

	/** Ends it once Docker has told of all that came before. */
	async stop(): Promise<void> {
		await delay(500);
		this.#abort.abort();
		await this.#work;
	}

	/** Names of the programs that were seen to run, as the kernel has them: 15 characters at most. */
	get programs(): string[] {
		return [...this.#programs].sort();
	}

	/** What Docker did with the containers: `create`, `start`, `exec_create: ...` */
	get actions(): string[] {
		const lines = this.#events.split('\n').filter((line) => line !== '');
		return lines.map((line) => event.parse(JSON.parse(line))).map(({ Action }) => Action);
	}

	/** Events, processes, logs and the containers as Docker shows them to whoever may inspect them. */
	async sinks(): Promise<Sink[]> {
		const { containers, client } = this.#docker;
		const sinks = [
			{ name: 'events', text: this.#events },
			{ name: 'processes', text: [...this.#processes].join('\n') },
		];
		for (const { id, name } of await containers.list({ [LABEL.instance]: this.#instanceId })) {
			const shown = await client.engine.getContainer(id).inspect();
			const lines = await containers.logs(id, { tail: 100_000 });
			sinks.push({ name: `inspect ${name}`, text: JSON.stringify(shown) });
			sinks.push({ name: `log ${name}`, text: lines.map(({ line }) => line).join('\n') });
		}
		return sinks;
	}
}
