import type { StepProgress } from '$lib/shared/operations';
import type { App } from '../app';
import type { ImageWanted } from '../images';
import { parse, UsageError, type Command, type Io } from './command';
import { withApp } from './house';
import { isOffered } from './images-list';

/** Engines, each followed by its versions; a version begins with a digit, an engine's name does not. */
function grouped(words: string[]): { engine: string; versions: string[] }[] {
	const groups: { engine: string; versions: string[] }[] = [];
	for (const word of words) {
		const last = groups.at(-1);
		if (!/^\d/.test(word)) groups.push({ engine: word, versions: [] });
		else if (last === undefined) throw new UsageError(`${word} is a version; name its engine first.`);
		else last.versions.push(word);
	}
	return groups;
}

/** All versions with a recipe, or those of the named engines, or the named versions. Throws UsageError for what has none. */
async function select(app: App, words: string[]): Promise<ImageWanted[]> {
	const all = await app.images.listRecipes();
	if (words.length === 0) return all.filter(({ engine }) => isOffered(engine));
	return grouped(words).flatMap(({ engine, versions }) => {
		const ofEngine = all.filter((row) => row.engine === engine);
		if (ofEngine.length === 0) throw new UsageError(`There is no recipe for ${engine}.`);
		const unknown = versions.find((version) => !ofEngine.some((row) => row.version === version));
		if (unknown !== undefined) throw new UsageError(`There is no recipe for ${engine} ${unknown}.`);
		return versions.length === 0 ? ofEngine : ofEngine.filter(({ version }) => versions.includes(version));
	});
}

/** One line for each step, not for each line of output. */
function reporter(io: Io, label: string): (progress: StepProgress) => void {
	let shown = -1;
	return ({ done, total, line }) => {
		if (done === shown) return;
		shown = done;
		io.err(`${label}: step ${done + 1} of ${total}${line === null ? '' : `: ${line.trim().slice(0, 120)}`}`);
	};
}

/** Builds images ahead of time, such as before a machine loses its internet. Exit code 1 when one could not be built. */
export const imagesBuild: Command = {
	usage: 'images build [ENGINE [VERSION...]]...',
	summary: 'Builds images from packages: all of them, or of these engines and versions.',
	async run(args, io) {
		const { positionals } = parse({ args, options: {}, allowPositionals: true });
		return withApp(io, async (app) => {
			let failures = 0;
			for (const wanted of await select(app, positionals)) {
				const label = `${wanted.engine} ${wanted.version}`;
				try {
					const onProgress = reporter(io, label);
					const image = await app.images.buildImage(wanted, { onProgress, signal: io.signal });
					io.out(`${label}: ${image.ref}`);
				} catch (error) {
					io.signal.throwIfAborted();
					failures += 1;
					io.err(`${label}: ${error instanceof Error ? error.message : String(error)}`);
				}
			}
			return failures === 0 ? 0 : 1;
		});
	},
};
