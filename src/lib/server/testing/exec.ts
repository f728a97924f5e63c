import { setTimeout as sleep } from 'node:timers/promises';
import type { Docker } from '../docker';

/** Runs a program in a container and answers its exit code. */
export async function execIn(docker: Docker, container: string, argv: string[]): Promise<number> {
	const exec = await docker.client.engine.getContainer(container).exec({ Cmd: argv, AttachStdout: true });
	const stream = await exec.start({});
	stream.resume();
	for (;;) {
		const { Running, ExitCode } = await exec.inspect();
		if (!Running) return ExitCode ?? -1;
		await sleep(50);
	}
}
