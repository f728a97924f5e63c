import { writeTransaction, type Db } from '../db/client';
import type { Docker } from '../docker';
import { inspectImage } from '../docker/images';
import { AppError } from '../errors';
import type { ImageOptions, Images, ReadyImage } from '../images';
import { findOperation } from '../operations/repository';
import { getService, updateService, type ServiceRow } from './repository';
import { systemActor } from './system-actions';

export type ImageDeps = { db: Db; docker: Docker; images: Pick<Images, 'resolveImage'> };

type Request = { operationId: string; options?: ImageOptions };

/**
 * Sees to it that the service's image is on this machine, and records which it is. Under data only the recorded image is put: what sh0
 * does by itself takes that very one, and when a person asks for it, it is downloaded or built once more from the same digest or recipe.
 * Throws IMAGE_UNAVAILABLE with the recorded `image`, and what `resolveImage` throws.
 */
export async function ensureImage(deps: ImageDeps, serviceId: string, request: Request): Promise<void> {
	const { db, images } = deps;
	const service = getService(db, serviceId);
	if (await isPresent(deps, service)) return;
	const { engine, version, imageRef } = service;
	const boundTo = service.initializedAt === null ? null : imageRef;
	if (boundTo !== null && isBySystem(db, request.operationId)) throw notRecorded(boundTo);
	const wanted = boundTo === null ? { engine, version } : { engine, version, ref: boundTo };
	const image = await images.resolveImage(wanted, request.options);
	if (boundTo !== null && image.ref !== boundTo) throw notRecorded(boundTo);
	writeTransaction(db, (tx) => updateService(tx, serviceId, columnsOf(image)));
}

const notRecorded = (image: string) => new AppError('IMAGE_UNAVAILABLE', { details: { recorded: image } });

/** Without data any image of that name will do. */
async function isPresent({ docker }: ImageDeps, service: ServiceRow): Promise<boolean> {
	const { imageRef, imageDigest, imageOrigin, initializedAt } = service;
	if (imageRef === null) return false;
	const digest = initializedAt === null ? null : imageDigest;
	return isImageHere(docker, { ref: imageRef, origin: imageOrigin, digest });
}

/**
 * Whether this machine has the very image; of an unknown digest, one of that name. An image built here has a tag, which may have come to
 * stand for another build since. Throws DOCKER_UNAVAILABLE.
 */
export async function isImageHere(
	docker: Docker,
	{ ref, origin, digest }: { [field in keyof ReadyImage]: ReadyImage[field] | null } & { ref: string },
): Promise<boolean> {
	const image = await inspectImage(docker.client, ref);
	return image !== undefined && (origin !== 'built' || digest === null || image.id === digest);
}

/** How a service's row names its image. */
export function columnsOf({ ref, digest, origin }: ReadyImage) {
	return { imageRef: ref, imageDigest: digest, imageOrigin: origin };
}

function isBySystem(db: Db, operationId: string): boolean {
	return findOperation(db, operationId)?.row.actor === systemActor.label;
}
