import { randomBytes } from 'node:crypto';
import type { DockerClient } from '../docker/client';
import { inspectImage } from '../docker/images';
import type { ReadyImage } from '../images';

/** Images that are like one another but for one thing. */
export class OtherImages {
	readonly #docker: DockerClient;
	readonly #repository = `x-sh0-test-${randomBytes(4).toString('hex')}`;
	readonly #made: string[] = [];

	constructor(docker: DockerClient) {
		this.#docker = docker;
	}

	/** `changes`: as in a Dockerfile, such as `LABEL newer=yes`. */
	async like(ref: string, ...changes: string[]): Promise<ReadyImage> {
		const { engine } = this.#docker;
		const tag = String(this.#made.length);
		const made = await engine.createContainer({ Image: ref, name: `${this.#repository}-${tag}` });
		try {
			await made.commit({ repo: this.#repository, tag, changes: changes.join('\n') });
		} finally {
			await made.remove({ v: true });
		}
		const name = `${this.#repository}:${tag}`;
		this.#made.push(name);
		const image = await inspectImage(this.#docker, name);
		return { origin: 'built', ref: name, digest: image?.id ?? '' };
	}

	async remove(): Promise<void> {
		for (const name of this.#made) await this.#docker.engine.getImage(name).remove({ force: true });
	}
}
