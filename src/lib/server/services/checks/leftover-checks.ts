import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Docker } from '../../docker';
import { isLeftWorkFolder } from '../../images/work-folder';
import { described, serviceIdOf, type Picture } from './picture';

/** Invariant 9: nothing that an operation or a person started inside a container outlives it there, holding locks. */
export async function checkNothingInside(docker: Docker, picture: Picture): Promise<string[]> {
	const problems: string[] = [];
	for (const container of picture.containers) {
		const service = picture.settled.find(({ id }) => id === serviceIdOf(container));
		if (service === undefined || container.status !== 'running') continue;
		for (const command of await docker.containers.startedInside(container.id)) {
			problems.push(`${described(service)}: \`${command}\` runs inside its container.`);
		}
	}
	return problems;
}

const halfWritten = /\.part$/;

/** Invariant 12: no half-written file and no work folder of a process that ended is left in the data folder. */
export async function checkNoLeftovers(dataDir: string): Promise<string[]> {
	const entries = await readdir(dataDir, { withFileTypes: true, recursive: true });
	return entries
		.filter(({ name }) => halfWritten.test(name) || isLeftWorkFolder(name))
		.map(({ parentPath, name }) => `${join(parentPath, name)} was left behind.`);
}
