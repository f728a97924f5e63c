import type { DockerClient } from '../docker/client';
import { listImageTags, removeImage } from '../docker/images';
import { findBuilt } from './builder';
import { RECIPE_LABEL, type Recipe } from './recipes';

/**
 * Removes images built here of which this machine has a newer one of the same version, but for those in `kept`; gives the names of those
 * that went. What a container uses stays: Docker knows better than any record.
 */
export async function removeSuperseded(
	docker: DockerClient,
	{ recipes, kept }: { recipes: Recipe[]; kept: ReadonlySet<string> },
): Promise<string[]> {
	const built = await listImageTags(docker, { name: RECIPE_LABEL });
	const removed: string[] = [];
	for (const recipe of recipes) {
		const ofVersion = built.filter((ref) => isOfVersion(recipe, ref));
		const newest = ofVersion.length > 1 ? await findBuilt(docker, recipe) : undefined;
		if (newest === undefined) continue;
		for (const ref of ofVersion) {
			if (ref === newest.ref || kept.has(ref)) continue;
			if (await removeImage(docker, ref)) removed.push(ref);
		}
	}
	return removed;
}

/** Whether an image of this name was built from some recipe of this version, maybe a former one. */
function isOfVersion({ name }: Recipe, ref: string): boolean {
	const prefix = `sh0/${name}-`;
	return ref.startsWith(prefix) && /^[0-9a-f]{12}(-\d{8}t\d{6})?$/.test(ref.slice(prefix.length));
}
