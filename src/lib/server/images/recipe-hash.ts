import { createHash, type Hash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** A SHA-256 over texts, values and folders, each told apart from the next. */
export class RecipeHash {
	readonly #hash: Hash = createHash('sha256');

	text(text: string): this {
		this.#add(text);
		return this;
	}

	/** Adds a JSON value, whatever the order of its keys. */
	value(value: unknown): this {
		this.#add(JSON.stringify(value, sortedKeys));
		return this;
	}

	/** Adds every wanted file below `folder`: path, whether it is executable, and content. */
	async folder(folder: string, isWanted: (path: string) => boolean): Promise<this> {
		const entries = await readdir(folder, { recursive: true, withFileTypes: true });
		const paths: string[] = [];
		for (const entry of entries) {
			const path = join(entry.parentPath, entry.name).slice(folder.length + 1);
			if (entry.isFile() && isWanted(path)) paths.push(path);
		}
		for (const path of paths.sort()) {
			const { mode } = await stat(join(folder, path));
			this.#add(path);
			this.#add((mode & 0o100) === 0 ? 'plain' : 'executable');
			this.#add(await readFile(join(folder, path)));
		}
		return this;
	}

	digest(): string {
		return this.#hash.digest('hex');
	}

	/** Length before content, so that no two lists of parts have the same bytes. */
	#add(part: string | Buffer): void {
		this.#hash.update(`${Buffer.byteLength(part)}:`).update(part);
	}
}

function sortedKeys(_key: string, value: unknown): unknown {
	if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
	return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
