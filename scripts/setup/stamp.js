import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * A hash over the names and contents of files. Folders count with everything below them; paths that do not exist count as absent.
 * @param {string} root
 * @param {string[]} paths relative to `root`
 * @param {(path: string) => boolean} [isLeftOut]
 */
export function hashOf(root, paths, isLeftOut = () => false) {
	const hash = createHash('sha256');
	for (const path of paths.flatMap((one) => filesBelow(root, one)).sort()) {
		if (isLeftOut(path)) continue;
		const content = readFileSync(join(root, path));
		hash.update(`${Buffer.byteLength(path)}:${path}${content.length}:`).update(content);
	}
	return hash.digest('hex');
}

/** @param {string} root @param {string} path @returns {string[]} */
function filesBelow(root, path) {
	const info = statSync(join(root, path), { throwIfNoEntry: false });
	if (info === undefined) return [];
	if (info.isFile()) return [path];
	return readdirSync(join(root, path)).flatMap((name) => filesBelow(root, `${path}/${name}`));
}

/**
 * What an earlier run wrote to the stamp, or undefined.
 * @param {string} file
 * @returns {string | undefined}
 */
export function readStamp(file) {
	try {
		return readFileSync(file, 'utf8').trim();
	} catch {
		return undefined;
	}
}

/** @param {string} file @param {string} value */
export function writeStamp(file, value) {
	writeFileSync(file, `${value}\n`);
}
