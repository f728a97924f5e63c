import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** Runs `use` with an empty folder below `parent` and removes the folder afterwards, also those left by processes that were killed. */
export async function withWorkFolder<T>(parent: string, use: (folder: string) => Promise<T>): Promise<T> {
	await mkdir(parent, { recursive: true });
	await removeLeftovers(parent);
	const folder = await mkdtemp(join(parent, `sh0-image-${process.pid}-`));
	try {
		return await use(folder);
	} finally {
		await rm(folder, { recursive: true, force: true, maxRetries: 3 });
	}
}

/** Whether this is the name of a work folder whose process has ended. */
export function isLeftWorkFolder(name: string): boolean {
	const pid = /^sh0-image-(\d+)-/.exec(name)?.[1];
	return pid !== undefined && !isAlive(Number(pid));
}

async function removeLeftovers(parent: string): Promise<void> {
	for (const name of await readdir(parent)) {
		if (isLeftWorkFolder(name)) await rm(join(parent, name), { recursive: true, force: true });
	}
}

function isAlive(pid: number): boolean {
	try {
		process.kill(pid, 0);
		return true;
	} catch {
		return false;
	}
}
