import { writeTransaction, type Db } from '../db/client';
import type { Docker } from '../docker';
import { inspectImage } from '../docker/images';
import { AppError } from '../errors';
import type { ImageOptions, Images } from '../images';
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
	const values = { imageRef: image.ref, imageDigest: image.digest, imageOrigin: image.origin };
	writeTransaction(db, (tx) => updateService(tx, serviceId, values));
}

const notRecorded = (image: string) => new AppError('IMAGE_UNAVAILABLE', { details: { recorded: image } });

/** An image built here has a tag, which may have come to stand for another build since. */
async function isPresent({ docker }: ImageDeps, service: ServiceRow): Promise<boolean> {
	const { imageRef, imageDigest, imageOrigin, initializedAt } = service;
	if (imageRef === null) return false;
	const image = await inspectImage(docker.client, imageRef);
	if (image === undefined) return false;
	return (
		initializedAt === null || imageOrigin !== 'built' || imageDigest === null || image.id === imageDigest
	);
}

function isBySystem(db: Db, operationId: string): boolean {
	return findOperation(db, operationId)?.row.actor === systemActor.label;
}
