import { randomBytes } from 'node:crypto';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Container, ContainerCreateOptions } from 'dockerode';
import { MIB } from '../../shared/units';
import { CALL_LIMITS_MS, isDockerStatus, type DockerClient } from './client';
import { Containers } from './containers';
import { LABEL, type Labels } from './labels';
import { Networks } from './networks';

/** How long all commands together may take, unless told otherwise. */
const LIMIT_SECONDS = 120;
/** Characters of what a program wrote last that a failure tells. */
const COMPLAINT_LENGTH = 500;
/** The pause before each look at how far they are: some seconds, and the longer, the more there is to look at. */
const WATCH_MS = 1_000;
const WATCH_SHARE = 4;
/** For Docker to make and remove what they run in. */
const SLACK_SECONDS = 60;

/** What apt needs to hand its downloads over to a user of its own. */
const APT_CAPABILITIES = ['CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'SETGID', 'SETUID'];
/** What copying needs to read everybody's files and leave them to whom they belong. */
const COPY_CAPABILITIES = ['CHOWN', 'DAC_OVERRIDE', 'FOWNER'];

/** A program in a throw-away container that did not end with 0; the message holds what it wrote last. */
export class ProgramInImageError extends Error {
	override readonly name = 'ProgramInImageError';
}

export type RunInImage = {
	image: string;
	commands: string[][];
	/** What they work on; with a volume there is no network. */
	on: 'network' | { volume: string; path: string; isReadOnly: boolean }[];
	/** The container's name, when only one of its kind may be: one that is left of a process that ended is removed. */
	name?: string;
	limitSeconds?: number;
	signal?: AbortSignal | undefined;
	/** Run beside them again and again, to see how far they are; nobody is told when it fails. */
	watch?: { command: string[]; onOutput: (output: string) => void };
};

/**
 * Runs programs one after another, as root, in one throw-away container of an image whose own entrypoint never runs. It ends by itself
 * when its time is over, whatever became of this process, and says by its label when it can be removed. Gives the standard output of
 * each. Throws ProgramInImageError at the first that fails, DOCKER_UNAVAILABLE, or the signal's reason.
 */
export async function runInImage(docker: DockerClient, options: RunInImage): Promise<string[]> {
	options.signal?.throwIfAborted();
	const limitSeconds = options.limitSeconds ?? LIMIT_SECONDS;
	const limit = AbortSignal.timeout(limitSeconds * 1_000);
	const signal = options.signal === undefined ? limit : AbortSignal.any([options.signal, limit]);
	const name = options.name ?? `sh0-${docker.instanceId}-run-${randomBytes(4).toString('hex')}`;
	const until = Date.now() + (limitSeconds + SLACK_SECONDS) * 1_000;
	const labels = { [LABEL.instance]: docker.instanceId, [LABEL.until]: String(until) };
	const networks = new Networks(docker, docker.instanceId);
	const hasNetwork = options.on === 'network';
	try {
		if (options.name !== undefined) await removeLeft(docker, name);
		if (hasNetwork) await networks.ensure({ name, labels, preferredIndex: TEMPORARY_INDEX });
		const request = { ...options, name, labels, limitSeconds };
		const container = await docker.call({ what: 'create container' }, () =>
			docker.engine.createContainer(createOptions(request)),
		);
		try {
			await docker.call({ what: 'start container' }, () => container.start());
			return await runAll(docker, container, { ...options, signal });
		} finally {
			await remove(docker, container);
		}
	} finally {
		if (hasNetwork) await networks.remove(name);
	}
}

type Run = Pick<RunInImage, 'commands' | 'watch'> & { signal: AbortSignal };

async function runAll(
	docker: DockerClient,
	container: Container,
	{ commands, watch, signal }: Run,
): Promise<string[]> {
	const ended = new AbortController();
	const watching = watch && watchWith(watch, AbortSignal.any([signal, ended.signal]));
	try {
		const outputs: string[] = [];
		for (const command of commands) outputs.push(await runIn(docker, container, command, signal));
		return outputs;
	} finally {
		ended.abort();
		await watching;
	}

	async function watchWith(
		{ command, onOutput }: NonNullable<RunInImage['watch']>,
		until: AbortSignal,
	): Promise<void> {
		let tookMs = 0;
		while (!until.aborted) {
			try {
				await sleep(Math.max(WATCH_MS, tookMs * WATCH_SHARE), undefined, { signal: until });
				const startedMs = Date.now();
				onOutput(await runIn(docker, container, command, until));
				tookMs = Date.now() - startedMs;
			} catch {
				// Maybe the work itself tells why.
			}
		}
	}
}

/** The far end of the pool: projects take theirs from its beginning. */
const TEMPORARY_INDEX = 1_000;

type Request = Pick<RunInImage, 'image' | 'on'> & {
	name: string;
	labels: Labels;
	limitSeconds: number;
};

function createOptions({ image, on, name, labels, limitSeconds }: Request): ContainerCreateOptions {
	const isOnNetwork = on === 'network';
	return {
		name,
		Image: image,
		Entrypoint: ['sleep'],
		Cmd: [String(limitSeconds)],
		User: '0:0',
		Labels: labels,
		HostConfig: {
			AutoRemove: true,
			Privileged: false,
			NetworkMode: isOnNetwork ? name : 'none',
			CapDrop: ['ALL'],
			CapAdd: isOnNetwork ? APT_CAPABILITIES : COPY_CAPABILITIES,
			SecurityOpt: ['no-new-privileges:true'],
			ReadonlyRootfs: !isOnNetwork,
			Memory: 512 * MIB,
			MemorySwap: 512 * MIB,
			PidsLimit: 100,
			Init: true,
			LogConfig: { Type: 'json-file', Config: { 'max-size': '1m', 'max-file': '1' } },
			RestartPolicy: { Name: 'no' },
			...(isOnNetwork
				? {}
				: {
						Mounts: on.map(({ volume, path, isReadOnly }) => ({
							...{ Type: 'volume' as const, Source: volume, Target: path, ReadOnly: isReadOnly },
							// Else Docker fills an empty one with what the image has there.
							VolumeOptions: { NoCopy: true, Labels: {}, DriverConfig: { Name: 'local', Options: {} } },
						})),
					}),
		},
	};
}

/** What an earlier process left under this name, with what still runs in it. */
async function removeLeft(docker: DockerClient, name: string): Promise<void> {
	await new Containers(docker, docker.instanceId).remove(name);
}

async function remove(docker: DockerClient, container: Container): Promise<void> {
	try {
		await docker.call({ what: 'remove container', limitMs: CALL_LIMITS_MS.write }, () =>
			container.remove({ force: true, v: true }),
		);
	} catch (error) {
		// It has ended by itself, and Docker is at it or done.
		if (!isDockerStatus(error, 404, 409)) throw error;
	}
}

/** A program may complain of millions of files. */
async function lastOf(stream: PassThrough): Promise<string> {
	let last = '';
	for await (const chunk of stream) last = `${last}${String(chunk)}`.slice(-COMPLAINT_LENGTH);
	return last;
}

async function runIn(
	docker: DockerClient,
	container: Container,
	command: string[],
	signal: AbortSignal,
): Promise<string> {
	const exec = await docker.call({ what: 'create exec' }, () =>
		container.exec({ Cmd: command, Env: ['LC_ALL=C.UTF-8'], AttachStdout: true, AttachStderr: true }),
	);
	const stream = await docker.call({ what: 'start exec' }, () => exec.start({}));
	const stop = () => stream.destroy();
	signal.addEventListener('abort', stop, { once: true });
	// One that came meanwhile tells no listener.
	if (signal.aborted) stop();
	const [stdout, stderr] = [new PassThrough(), new PassThrough()];
	docker.engine.modem.demuxStream(stream, stdout, stderr);
	stream.once('close', () => {
		stdout.end();
		stderr.end();
	});
	try {
		const [output, errors] = await Promise.all([text(stdout), lastOf(stderr)]);
		signal.throwIfAborted();
		const { ExitCode } = await docker.call({ what: 'inspect exec' }, () => exec.inspect());
		if (ExitCode === 0) return output;
		const said = (errors.trim() === '' ? output : errors).trim().slice(-COMPLAINT_LENGTH);
		throw new ProgramInImageError(`${command.join(' ')} ended with ${ExitCode}: ${said}`);
	} finally {
		signal.removeEventListener('abort', stop);
	}
}
