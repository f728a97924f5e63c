import { bucketNameProblem, isKeyDescription, isKeyId, isKeySecret } from '$lib/shared/storage-names';
import {
	corsRulesSchema,
	lifecycleRulesSchema,
	type CorsRule,
	type LifecycleRule,
} from '$lib/shared/storage-rules';
import type { StorageCapability, StorageCapabilityMatrix } from '$lib/shared/storage-capabilities';
import { AppError } from '../../errors';
import type { Secret } from '../../secret';
import { assertNoProblem } from '../names';
import type { BucketQuota, PublicAccess } from '../storage';
import { isOwnKey } from './key-material';

/** Throws NAME_INVALID or NAME_TOO_LONG for a name that a new bucket may not have. */
export function assertNewBucketName(name: string): void {
	assertNoProblem(bucketNameProblem(name));
}

/** Throws BUCKET_NOT_FOUND for a name that no bucket can have, so that it reaches no address or document. */
export function assertBucketName(name: string): void {
	if (bucketNameProblem(name, { isDomain: true })) throw new AppError('BUCKET_NOT_FOUND');
}

/** Throws STORAGE_KEY_NOT_FOUND for what is no key's id, or the id of one of sh0's own. */
export function assertKeyId(id: string): void {
	if (!isKeyId(id) || isOwnKey(id)) throw new AppError('STORAGE_KEY_NOT_FOUND');
}

/** Throws NAME_INVALID, NAME_RESERVED, PASSWORD_UNUSABLE or BAD_INPUT for what not every engine would keep as it is. */
export function assertNewKey(input: { id: string; secret: Secret; description: string }): void {
	if (!isKeyId(input.id))
		throw new AppError('NAME_INVALID', { details: { reason: 'characters' }, field: 'id' });
	if (isOwnKey(input.id)) throw new AppError('NAME_RESERVED', { field: 'id' });
	if (!isKeySecret(input.secret.reveal())) throw new AppError('PASSWORD_UNUSABLE', { field: 'secret' });
	assertDescription(input.description);
}

export function assertDescription(description: string): void {
	if (!isKeyDescription(description)) throw new AppError('BAD_INPUT', { field: 'description' });
}

/** Throws BAD_INPUT for a moment that is not one. */
export function assertExpiry(expiresAt: Date | null): void {
	if (expiresAt !== null && Number.isNaN(expiresAt.getTime()))
		throw new AppError('BAD_INPUT', { field: 'expiresAt' });
}

function isLimit(limit: number | null): boolean {
	return limit === null || (Number.isSafeInteger(limit) && limit >= 1);
}

export function assertQuota({ maxBytes, maxObjects }: BucketQuota): void {
	if (!isLimit(maxBytes) || !isLimit(maxObjects)) throw new AppError('BAD_INPUT', { field: 'quota' });
}

/** Pages of a website are objects in its folders: a plain name, without a slash at its beginning. */
export function assertPublicAccess(access: PublicAccess): void {
	if (access.kind !== 'website') return;
	const { indexDocument, errorDocument } = access;
	const isIndex = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/.test(indexDocument);
	const isError =
		errorDocument === null || /^(?!.*\.\.)[A-Za-z0-9][A-Za-z0-9._/-]{0,199}$/.test(errorDocument);
	if (!isIndex || !isError)
		throw new AppError('BAD_INPUT', { field: isIndex ? 'errorDocument' : 'indexDocument' });
}

/** Throws BAD_INPUT unless the rules are such as every engine keeps them. */
export function assertCorsRules(rules: CorsRule[]): void {
	if (!corsRulesSchema.safeParse(rules).success) throw new AppError('BAD_INPUT', { field: 'rules' });
}

/** Throws BAD_INPUT unless the rules are of the safe kind, and NOT_SUPPORTED for one that this engine would not keep whole. */
export function assertLifecycleRules(rules: LifecycleRule[], capabilities: StorageCapabilityMatrix): void {
	if (!lifecycleRulesSchema.safeParse(rules).success) throw new AppError('BAD_INPUT', { field: 'rules' });
	for (const rule of rules) {
		const bySize = rule.largerThanBytes !== null || rule.smallerThanBytes !== null;
		if (bySize) assertCan(capabilities, 'lifecycleSizes');
		if (rule.abortUploadsAfterDays !== null) assertCan(capabilities, 'lifecycleUploads');
		if (rule.expireVersionsAfterDays !== null) assertCan(capabilities, 'lifecycleVersions');
	}
}

/** Throws NOT_SUPPORTED with the reason when the engine cannot do it. */
export function assertCan(capabilities: StorageCapabilityMatrix, capability: StorageCapability): void {
	const reason = capabilities[capability];
	if (reason !== null) throw new AppError('NOT_SUPPORTED', { details: { capability, reason } });
}
