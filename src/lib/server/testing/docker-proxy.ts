import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What happens to the Nth mutating call (from 1), or to those that match: `before` it reaches Docker, or `after` Docker did it but before the answer is passed on. */
export type Fault = { call: number | RegExp; when: 'before' | 'after'; strike: () => void };

export type DockerProxy = {
	/** For `DOCKER_HOST`. */
	host: string;
	/** Counts from now; `null` lets everything through. */
	arm(fault: Fault | null): void;
	/** Mutating calls seen since `arm`, such as `POST /containers/create`. */
	calls(): string[];
	/** True while every call is answered 500, as a sick engine does. */
	setBroken(isBroken: boolean): void;
	/** From now on mutating calls that match wait, until `null` lets them all go. */
	hold(matching: RegExp | null): void;
	close(): Promise<void>;
};

function isMeant({ call }: Fault, made: string, number: number): boolean {
	return typeof call === 'number' ? call === number : call.test(made);
}

/** A unix socket in front of Docker's that can strike at a chosen mutating call (POST, PUT, DELETE). */
export async function startDockerProxy(upstream = '/var/run/docker.sock'): Promise<DockerProxy> {
	const folder = mkdtempSync(join(tmpdir(), 'sh0-proxy-'));
	const socketPath = join(folder, 'docker.sock');
	let fault: Fault | null = null;
	let calls: string[] = [];
	let isBroken = false;
	let held: RegExp | null = null;
	let waiting: (() => void)[] = [];

	const server = createServer((incoming, outgoing) => {
		if (isBroken) {
			outgoing.writeHead(500).end('{"message":"the engine is broken on purpose"}');
			return;
		}
		const isMutating = incoming.method !== 'GET' && incoming.method !== 'HEAD';
		const call = `${incoming.method} ${(incoming.url ?? '').replace(/\?.*/, '').replace(/^\/v[\d.]+/, '')}`;
		if (isMutating) calls.push(call);
		const struck = isMutating && fault && isMeant(fault, call, calls.length) ? fault : null;
		if (struck?.when === 'before') {
			struck.strike();
			incoming.destroy();
			return;
		}
		const pass = () => forward(upstream, incoming, outgoing, struck);
		if (isMutating && held?.test(call)) waiting.push(pass);
		else pass();
	});
	await new Promise<void>((resolve) => server.listen(socketPath, resolve));
	return {
		host: `unix://${socketPath}`,
		arm(next) {
			fault = next;
			calls = [];
		},
		calls: () => [...calls],
		setBroken(next) {
			isBroken = next;
		},
		hold(matching) {
			held = matching;
			if (matching !== null) return;
			for (const pass of waiting) pass();
			waiting = [];
		},
		async close() {
			server.closeAllConnections();
			await new Promise<void>((resolve) => server.close(() => resolve()));
			rmSync(folder, { recursive: true, force: true });
		},
	};
}

function forward(
	upstream: string,
	incoming: IncomingMessage,
	outgoing: ServerResponse,
	struck: Fault | null,
): void {
	const { method, url: path } = incoming;
	// Asked to close, Docker does so before the end of the request is passed on, which then fails.
	const headers = { ...incoming.headers, connection: 'keep-alive' };
	const passed = request({ agent: false, socketPath: upstream, method, path, headers }, (answer) => {
		if (struck) {
			// Docker has done it once its answer is complete.
			answer.resume().on('end', () => {
				struck.strike();
				outgoing.destroy();
			});
			return;
		}
		outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
		outgoing.flushHeaders();
		answer.pipe(outgoing);
		outgoing.on('close', () => answer.destroy());
	});
	passed.on('error', () => outgoing.destroy());
	outgoing.on('close', () => passed.destroy());
	incoming.pipe(passed);
}
