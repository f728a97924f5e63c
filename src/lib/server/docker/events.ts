import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type Dockerode from 'dockerode';
import { z } from 'zod';
import type { DockerClient } from './client';
import { dockerNames, LABEL } from './labels';

export type DockerEvent = {
	kind: (typeof kinds)[number];
	action: string;
	name: string;
	serviceId: string | null;
};

export type EventOptions = {
	signal: AbortSignal;
	onEvent: (event: DockerEvent) => void;
	/** After the stream was (re)opened: what happened before was not seen. */
	onReconnect: () => void;
};

const MAX_WAIT_MS = 5_000;

const actions = [
	...['create', 'start', 'die', 'destroy', 'oom', 'pause', 'unpause', 'rename', 'update', 'health_status'],
	...['connect', 'disconnect'],
];

const kinds = ['container', 'network', 'volume'] as const;

const messageSchema = z.object({
	Type: z.enum(kinds),
	Action: z.string(),
	Actor: z.object({ ID: z.string(), Attributes: z.record(z.string(), z.string()).nullish() }),
});

/** Reports what happens to this instance's containers, networks and volumes, for as long as `signal` lasts. */
export async function watchEvents(
	docker: DockerClient,
	instanceId: string,
	options: EventOptions,
): Promise<void> {
	let waitMs = 250;
	while (!options.signal.aborted) {
		try {
			await readStream(docker, instanceId, options, () => {
				waitMs = 250;
			});
		} catch {
			// Not reachable or broken off: the next turn tries again, and the reconciler's own calls say so to people.
		}
		await sleep(waitMs, undefined, { signal: options.signal }).catch(() => {});
		waitMs = Math.min(waitMs * 2, MAX_WAIT_MS);
	}
}

async function readStream(
	docker: DockerClient,
	instanceId: string,
	options: EventOptions,
	onOpen: () => void,
) {
	const filters: Dockerode.GetEventsOptions['filters'] = { type: [...kinds], event: actions };
	const source = await docker.call({ what: 'watch events', signal: options.signal }, () =>
		docker.engine.getEvents({ filters }),
	);
	const stream = source instanceof Readable ? source : Readable.from(source);
	const end = () => stream.destroy();
	options.signal.addEventListener('abort', end, { once: true });
	try {
		onOpen();
		options.onReconnect();
		for await (const line of createInterface({ input: stream, crlfDelay: Infinity })) {
			const event = parseEvent(line, instanceId);
			if (event) options.onEvent(event);
		}
	} finally {
		options.signal.removeEventListener('abort', end);
		stream.destroy();
	}
}

/** The event in one line of Docker's stream, or null when it is not about this instance. */
export function parseEvent(line: string, instanceId: string): DockerEvent | null {
	let json: unknown;
	try {
		json = JSON.parse(line);
	} catch {
		return null;
	}
	const parsed = messageSchema.safeParse(json);
	if (!parsed.success) return null;
	const { Type, Action, Actor } = parsed.data;
	const attributes = Actor.Attributes ?? {};
	const name = attributes.name ?? Actor.ID;
	const isOurs = attributes[LABEL.instance] === instanceId || name.startsWith(dockerNames(instanceId).prefix);
	if (!isOurs) return null;
	return { kind: Type, action: Action, name, serviceId: attributes[LABEL.service] ?? null };
}
