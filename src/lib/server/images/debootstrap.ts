import { constants as fsConstants } from 'node:fs';
import { access, chmod, cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BaseRecipe } from './recipes';
import { run } from './run';

const SCRIPTS = '/usr/share/debootstrap/scripts';
const PROGRAM = '/usr/sbin/debootstrap';
const SECONDS_PER_DAY = 86_400;
const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';

/** Whether this process may run debootstrap at all. */
export async function canDebootstrap(): Promise<boolean> {
	return process.getuid?.() === 0 && (await exists(PROGRAM)) && (await exists(KEYRING));
}

/** Where debootstrap takes Debian's packages from; undefined when it is not installed. */
export async function debianMirror(): Promise<string | undefined> {
	if (!(await exists(PROGRAM))) return undefined;
	return /^DEF_MIRROR="?(https?:\/\/[^"\s]+)/m.exec(await readFile(PROGRAM, 'utf8'))?.[1];
}

/** Unpacks the recipe's Debian suite into the empty folder `target`, small enough for an image. Signatures are checked. */
export async function debootstrap(
	recipe: BaseRecipe,
	target: string,
	options: { onLine?: (line: string) => void; signal?: AbortSignal } = {},
): Promise<void> {
	const mirror = await debianMirror();
	if (mirror === undefined) throw new Error('debootstrap is not installed');
	const script = (await exists(join(SCRIPTS, recipe.suite))) ? recipe.suite : 'sid';
	// In its own mount and process namespace nothing stays mounted or running, however debootstrap ends.
	const args = [
		'--mount',
		'--pid',
		'--fork',
		'--kill-child',
		PROGRAM,
		'--variant=minbase',
		'--force-check-gpg',
	];
	args.push(`--keyring=${KEYRING}`, recipe.suite, target, mirror, join(SCRIPTS, script));
	await run('unshare', args, options);
	await writeFile(join(target, 'etc/apt/sources.list'), sourcesList(recipe, mirror));
	for (const path of recipe.remove) await rm(join(target, path), { recursive: true, force: true });
	for (const path of recipe.recreate) await makePublicFolder(target, path);
	await writeFile(join(target, 'etc/machine-id'), '');
	await chmod(join(target, 'etc/machine-id'), 0o644);
	await cp(join(recipe.folder, 'files'), target, { recursive: true });
}

/** apt's sources of an image of this suite. A longer validity is given to the one line that needs it, and has an end of its own. */
export function sourcesList(
	recipe: Pick<BaseRecipe, 'suite' | 'updates' | 'validForDays'>,
	mirror: string,
): string {
	const { suite, updates, validForDays } = recipe;
	const options = validForDays === null ? '' : `[valid-until-min=${validForDays * SECONDS_PER_DAY}] `;
	const lines = [`deb ${options}${mirror} ${suite} main`];
	if (updates) {
		lines.push(`deb ${mirror} ${suite}-updates main`);
		lines.push(`deb ${mirror.replace(/\/?$/, '-security')} ${suite}-security main`);
	}
	return `${lines.join('\n')}\n`;
}

/** Makes the folder and those above it that are missing, open to the image's users whatever the umask here. */
async function makePublicFolder(target: string, path: string): Promise<void> {
	let folder = target;
	for (const part of path.split('/')) {
		folder = join(folder, part);
		if (await exists(folder)) continue;
		await mkdir(folder);
		await chmod(folder, 0o755);
	}
}

async function exists(path: string): Promise<boolean> {
	try {
		await access(path, fsConstants.F_OK);
		return true;
	} catch {
		return false;
	}
}
