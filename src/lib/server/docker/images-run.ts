import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { Container } from 'dockerode';
import { MIB } from '../../shared/units';
import { CALL_LIMITS_MS, isDockerStatus, type DockerClient } from './client';

/** How long all commands together may take; then the container ends by itself, whatever became of this process. */
const LIMIT_SECONDS = 120;

/** What apt needs to hand its downloads over to a user of its own. */
const capabilities = ['CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'SETGID', 'SETUID'];

/** A program in a throw-away container that did not end with 0; the message holds what it wrote last. */
export class ProgramInImageError extends Error {
	override readonly name = 'ProgramInImageError';
}

/**
 * Runs programs one after another, as root and with the machine's network, in one throw-away container of an image whose own entrypoint
 * never runs. Gives the standard output of each. Throws ProgramInImageError at the first that fails, DOCKER_UNAVAILABLE, or the signal's
 * reason.
 */
export async function runInImage(
	docker: DockerClient,
	options: { image: string; commands: string[][]; signal?: AbortSignal | undefined },
): Promise<string[]> {
	options.signal?.throwIfAborted();
	const limit = AbortSignal.timeout(LIMIT_SECONDS * 1_000);
	const signal = options.signal === undefined ? limit : AbortSignal.any([options.signal, limit]);
	const container = await docker.call({ what: 'create container' }, () =>
		docker.engine.createContainer({
			Image: options.image,
			Entrypoint: ['sleep'],
			Cmd: [String(LIMIT_SECONDS)],
			User: '0:0',
			HostConfig: {
				AutoRemove: true,
				NetworkMode: 'host',
				CapDrop: ['ALL'],
				CapAdd: capabilities,
				SecurityOpt: ['no-new-privileges'],
				Memory: 512 * MIB,
				PidsLimit: 100,
				Init: true,
			},
		}),
	);
	try {
		await docker.call({ what: 'start container' }, () => container.start());
		const outputs: string[] = [];
		for (const command of options.commands) outputs.push(await runIn(docker, container, command, signal));
		return outputs;
	} finally {
		await remove(docker, container);
	}
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
	const [stdout, stderr] = [new PassThrough(), new PassThrough()];
	docker.engine.modem.demuxStream(stream, stdout, stderr);
	stream.once('close', () => {
		stdout.end();
		stderr.end();
	});
	try {
		const [output, errors] = await Promise.all([text(stdout), text(stderr)]);
		signal.throwIfAborted();
		const { ExitCode } = await docker.call({ what: 'inspect exec' }, () => exec.inspect());
		if (ExitCode === 0) return output;
		const said = (errors.trim() === '' ? output : errors).trim().slice(-500);
		throw new ProgramInImageError(`${command.join(' ')} ended with ${ExitCode}: ${said}`);
	} finally {
		signal.removeEventListener('abort', stop);
	}
}
