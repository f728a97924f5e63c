import type { DockerClient } from '../docker/client';
import { distributionDigest, inspectImage } from '../docker/images';
import { canDebootstrap, debianMirror } from './debootstrap';
import type { OfficialImage, Recipe } from './recipes';

const ANSWER_LIMIT_MS = 4_000;
const KEPT_MS = 5 * 60_000;

/** What can be had from outside just now: answers are kept for five minutes, so that a page may ask at every visit. */
export class Reachability {
	readonly #docker: DockerClient;
	readonly #now: () => number;
	readonly #answers = new Map<string, { at: number; answer: Promise<string | undefined> }>();

	constructor(docker: DockerClient, now: () => number = Date.now) {
		this.#docker = docker;
		this.#now = now;
	}

	/** The digest that a registry has for the official image, or undefined when none answers. */
	async registryDigest({ ref }: OfficialImage): Promise<string | undefined> {
		return this.#keep(`registry ${ref}`, () => distributionDigest(this.#docker, ref, ANSWER_LIMIT_MS));
	}

	/** Whether this machine can very likely build the recipe: right processor, a base image or the means for one, packages in reach. */
	async canBuild(recipe: Recipe): Promise<boolean> {
		if (recipe.architectures.some((one) => one !== process.arch)) return false;
		const mirror = await debianMirror();
		const hasBase = (await inspectImage(this.#docker, recipe.base.ref)) !== undefined;
		if (!hasBase && !(await canDebootstrap())) return false;
		if (mirror === undefined || usesProxy()) return true;
		const suite = await this.#keep(`suite ${recipe.base.suite}`, () => findSuite(mirror, recipe.base.suite));
		return suite !== undefined;
	}

	/** Asks anew at the next time: what the registry was good for has turned out otherwise. */
	forget({ ref }: OfficialImage): void {
		this.#answers.delete(`registry ${ref}`);
	}

	async #keep(key: string, ask: () => Promise<string | undefined>): Promise<string | undefined> {
		const kept = this.#answers.get(key);
		if (kept !== undefined && this.#now() - kept.at < KEPT_MS) return kept.answer;
		const answer = ask();
		this.#answers.set(key, { at: this.#now(), answer });
		// A question that could not be asked (Docker is away) is no answer to keep.
		answer.catch(() => this.#answers.delete(key));
		return answer;
	}
}

async function findSuite(mirror: string, suite: string): Promise<string | undefined> {
	const url = `${mirror.replace(/\/$/, '')}/dists/${suite}/InRelease`;
	try {
		const response = await fetch(url, { method: 'HEAD', signal: AbortSignal.timeout(ANSWER_LIMIT_MS) });
		return response.ok ? url : undefined;
	} catch {
		return undefined;
	}
}

/** apt and debootstrap go through a proxy that fetch does not know: then nothing can be learnt from asking directly. */
function usesProxy(): boolean {
	return process.env['http_proxy'] !== undefined || process.env['HTTP_PROXY'] !== undefined;
}
