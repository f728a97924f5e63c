import type { ImageAvailability } from '$lib/shared/services';
import { MIB } from '$lib/shared/units';
import type { ImageRow } from '../images';
import { parse, type Command } from './command';
import { engines } from '../engines';
import { withApp } from './house';

const availabilityText: Record<ImageAvailability, string> = {
	present: 'on this machine',
	pullable: 'can be pulled',
	buildable: 'can be built here',
	unavailable: 'cannot be had',
	unknown: 'unknown: Docker does not answer',
};

/** Recipes may be there before the engine is. */
export const isOffered = (engine: string): boolean => engines.some(({ id }) => id === engine);

function lineOf(row: ImageRow): string {
	const size = row.sizeBytes === null ? '' : `, ${Math.round(row.sizeBytes / MIB)} MiB`;
	const origin = row.origin === null ? '' : row.origin === 'built' ? ', built here' : ', official';
	return `${row.engine} ${row.version}`.padEnd(16) + availabilityText[row.availability] + origin + size;
}

export const imagesList: Command = {
	usage: 'images list [--json]',
	summary: 'Shows for each engine version whether its image is here, can be pulled or can be built.',
	async run(args, io) {
		const { values } = parse({ args, options: { json: { type: 'boolean', default: false } } });
		return withApp(io, async ({ images }) => {
			const rows = (await images.listImages()).filter(({ engine }) => isOffered(engine));
			if (values.json) io.out(JSON.stringify(rows, null, '\t'));
			else for (const row of rows) io.out(lineOf(row));
			return 0;
		});
	},
};
