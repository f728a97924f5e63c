import type { Docker } from '../docker';
import type { ImageOptions, ReadyImage } from '../images';
import type { ServiceImages } from './deps';
import { isImageHere } from './image';

const TTL_MS = 5 * 60_000;

type Known = { image: ReadyImage; atMs: number };
type Wanted = Parameters<ServiceImages['resolveImage']>[0];

/** Remembers for some minutes which image a version is: to find out anew, Docker lists all it has, which takes longer than the rest. */
export class RememberedImages implements ServiceImages {
	readonly #images: ServiceImages;
	readonly #docker: Docker;
	readonly #known = new Map<string, Known>();

	constructor(images: ServiceImages, docker: Docker) {
		this.#images = images;
		this.#docker = docker;
	}

	async resolveImage(wanted: Wanted, options?: ImageOptions): Promise<ReadyImage> {
		const known = this.#known.get(keyOf(wanted));
		const isFresh = known !== undefined && Date.now() - known.atMs < TTL_MS;
		if (isFresh && (await isImageHere(this.#docker, known.image))) return known.image;
		return this.#remember(wanted, await this.#images.resolveImage(wanted, options));
	}

	async resolveNewest(wanted: Parameters<ServiceImages['resolveNewest']>[0]): Promise<ReadyImage> {
		return this.#remember(wanted, await this.#images.resolveNewest(wanted));
	}

	availability: ServiceImages['availability'] = (wanted) => this.#images.availability(wanted);
	programsFor: ServiceImages['programsFor'] = (wanted) => this.#images.programsFor(wanted);
	buildMinutes: ServiceImages['buildMinutes'] = (wanted) => this.#images.buildMinutes(wanted);
	removeSuperseded: ServiceImages['removeSuperseded'] = (kept) => this.#images.removeSuperseded(kept);
	findNewer: ServiceImages['findNewer'] = (wanted, signal) => this.#images.findNewer(wanted, signal);

	#remember(wanted: Wanted, image: ReadyImage): ReadyImage {
		this.#known.set(keyOf(wanted), { image, atMs: Date.now() });
		return image;
	}
}

const keyOf = ({ engine, version }: Wanted) => `${engine} ${version}`;
