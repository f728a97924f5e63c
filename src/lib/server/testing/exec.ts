import { setTimeout as sleep } from 'node:timers/promises';
import type { Docker } from '../docker';

/** Runs a program in a container and answers its exit code. */
export async function execIn(docker: Docker, container: string, argv: string[]): Promise<number> {
	const exec = await docker.client.engine.getContainer(container).exec({ Cmd: argv, AttachStdout: true });
	const stream = await exec.start({});
	stream.resume();
	for (;;) {
		const { ExitCode } = await exec.inspect();
		// One that is just beginning does not run yet either.
		if (ExitCode !== null) return ExitCode;
		await sleep(50);
	}
}
