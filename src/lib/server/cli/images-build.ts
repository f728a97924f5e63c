import type { StepProgress } from '$lib/shared/operations';
import type { App } from '../app';
import { parse, UsageError, type Command, type Io } from './command';
import { withApp } from './house';

type Wanted = { engine: string; version: string };

/** All versions with a recipe, of this engine only and of these versions only where given. Throws UsageError for what has none. */
async function select(app: App, engine: string | undefined, versions: string[]): Promise<Wanted[]> {
	const all = (await app.images.listImages()).filter(({ localRef }) => localRef !== null);
	const ofEngine = all.filter((row) => engine === undefined || row.engine === engine);
	if (ofEngine.length === 0) throw new UsageError(`There is no recipe for ${engine ?? 'any engine'}.`);
	const unknown = versions.find((version) => !ofEngine.some((row) => row.version === version));
	if (unknown !== undefined) throw new UsageError(`There is no recipe for ${engine ?? ''} ${unknown}.`);
	return versions.length === 0 ? ofEngine : ofEngine.filter(({ version }) => versions.includes(version));
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
	usage: 'images build [ENGINE [VERSION...]]',
	summary: 'Builds the images of an engine from packages, all of them unless named.',
	async run(args, io) {
		const { positionals } = parse({ args, options: {}, allowPositionals: true });
		const [engine, ...versions] = positionals;
		return withApp(io, async (app) => {
			let failures = 0;
			for (const wanted of await select(app, engine, versions)) {
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
