import type { DockerClient } from '../docker/client';
import { runInImage } from '../docker/images-run';

/** A Debian package of which an image has one version and the mirror a newer one. */
export type OutdatedPackage = { name: string; installed: string; candidate: string };

/**
 * Which of these packages an image built here has in an older version than Debian's mirror now. Asks apt itself, in a throw-away container
 * of that image: its own sources, its own rules of what is newer, signatures checked. Takes about five seconds. Throws ProgramInImageError
 * when the mirror cannot be reached.
 */
export async function outdatedPackages(
	docker: DockerClient,
	options: { image: string; packages: string[]; signal: AbortSignal | undefined },
): Promise<OutdatedPackage[]> {
	const outputs = await runInImage(docker, {
		image: options.image,
		commands: [
			['apt-get', 'update', '--error-on=any'],
			['apt-cache', 'policy', ...options.packages],
		],
		on: 'network',
		signal: options.signal,
	});
	return parsePolicy(outputs.at(-1) ?? '').filter(({ installed, candidate }) => installed !== candidate);
}

/** Reads what `apt-cache policy` prints of packages that are installed. The candidate is never older than what is installed. */
export function parsePolicy(text: string): OutdatedPackage[] {
	const found: OutdatedPackage[] = [];
	const pattern = /^(\S+):\n {2}Installed: (\S+)\n {2}Candidate: (\S+)$/gm;
	for (const [, name = '', installed = '', candidate = ''] of text.matchAll(pattern)) {
		if (installed !== '(none)') found.push({ name, installed, candidate });
	}
	return found;
}
