import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { cp, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { readCertificates } from './certificates';
import type { NpmPackage } from './recipe-schema';
import type { Recipe } from './recipes';
import { run } from './run';

type Options = { onLine?: (line: string) => void; signal?: AbortSignal };

/** Lays out in `folder` what Docker's builder gets: the recipe's files, the base's settings and the packages it names. */
export async function layOutContext(recipe: Recipe, folder: string, options: Options = {}): Promise<void> {
	for (const source of recipe.folders) await cp(source, folder, { recursive: true });
	await cp(join(recipe.base.folder, 'files'), join(folder, 'base-files'), { recursive: true });
	for (const wanted of recipe.npm) await fetchNpmPackage(wanted, folder, options);
	if (recipe.needsCertificates) {
		await writeFile(join(folder, 'certificates.pem'), await readCertificates());
	}
}

/** Puts the registry's archive of one package, unopened, into the context: its scripts never run here. */
async function fetchNpmPackage(wanted: NpmPackage, folder: string, options: Options): Promise<void> {
	options.onLine?.(`npm pack ${wanted.name}@${wanted.version}`);
	const download = await mkdtemp(join(folder, '.npm-'));
	await run('npm', ['pack', `${wanted.name}@${wanted.version}`, '--pack-destination', download, '--silent'], {
		...options,
		cwd: download,
	});
	const [archive] = await readdir(download);
	if (archive === undefined) throw new Error(`npm pack gave no archive of ${wanted.name}`);
	await assertIntegrity(join(download, archive), wanted);
	await rename(join(download, archive), join(folder, wanted.as));
	await rm(download, { recursive: true });
}

/** Throws unless the archive is, byte for byte, the one that the recipe was written for. */
async function assertIntegrity(
	archive: string,
	wanted: Pick<NpmPackage, 'name' | 'version' | 'integrity'>,
): Promise<void> {
	const hash = createHash('sha512');
	await pipeline(createReadStream(archive), hash);
	const digest = hash.digest('base64');
	if (`sha512-${digest}` === wanted.integrity) return;
	throw new Error(`${wanted.name}@${wanted.version} is not what its recipe expects: sha512-${digest}`);
}
