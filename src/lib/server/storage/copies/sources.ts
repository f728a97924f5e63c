import type { LeftBehindCounts } from '$lib/shared/storage-copies';
import {
	CALL_LIMIT_MS,
	listBucketNames,
	openCopyClient,
	TransferFault,
	type CopyLogin,
	type Side,
} from '../../engines/s3-family/copy/client';
import { settingsOutside } from '../../engines/s3-family/copy/settings';
import type { BucketKeys, StorageAccess, StorageAdmin } from '../../engines/storage';
import { AppError, isAppError } from '../../errors';
import type { Secret } from '../../secret';
import { findReadyService, type ServiceRow } from '../../services/repository';
import { cellAddress, type Vault } from '../../vault';
import { storageEngine, type StorageDeps } from '../deps';
import { endpointOf, pinnedLookup, type OutsideNetwork } from './address';
import type { CopyRow } from './repository';

export type CopyDeps = Pick<StorageDeps<ServiceRow>, 'db' | 'log' | 'broker' | 'engineById'> & {
	vault: Vault;
	network: OutsideNetwork;
};

/** A key of sh0's own lasts so long at least; half of it is for objects that are under way when it is changed. */
const KEY_LIFETIME_MS = 6 * 60 * 60_000;

type Outside = {
	endpoint: string;
	region: string;
	accessKeyId: string;
	secret: Secret;
	isPathStyle: boolean;
	isInOwnNetwork: boolean;
};

/** One side of a copy while it is open. */
export type OpenSide = { side: Side; endsAtMs: number; close: () => void };

export type SourceBucket = { name: string; objects: number | null; sizeBytes: number | null };

/** Where a copy comes from. Everything throws TransferFault or AppError. */
export interface Source {
	buckets(signal: AbortSignal): Promise<SourceBucket[]>;
	/** Their names alone, which one call tells. */
	bucketNames(signal: AbortSignal): Promise<string[]>;
	open(bucket: string): Promise<OpenSide>;
	/** What the bucket has that does not go with its objects. */
	leftBehind(bucket: string, signal: AbortSignal): Promise<LeftBehindCounts>;
	/** Null for one outside. */
	keys(): Promise<SourceKeys | null>;
}

export type SourceKeys = Pick<BucketKeys, 'list' | 'exportSecret'>;

async function outsideLogin(network: OutsideNetwork, outside: Outside): Promise<CopyLogin> {
	const endpoint = endpointOf(outside.endpoint);
	const { region, accessKeyId, secret, isPathStyle, isInOwnNetwork } = outside;
	const lookup = await pinnedLookup(network, { endpoint, isInOwnNetwork });
	return { endpoint: endpoint.origin, region, accessKeyId, secret, isPathStyle, lookup };
}

/** An S3 outside. Throws COPY_ADDRESS_REFUSED. */
export function outsideSource(network: OutsideNetwork, outside: Outside): Source {
	// Each opening looks the name up anew, so that a server that has moved is found again.
	const client = async () => openCopyClient(await outsideLogin(network, outside));
	const using = async <T>(use: (s3: Side['s3']) => Promise<T>): Promise<T> => {
		const s3 = await client();
		try {
			return await use(s3);
		} finally {
			s3.destroy();
		}
	};
	const bucketNames = (signal: AbortSignal) => using((s3) => listBucketNames(s3, signal));
	return {
		buckets: async (signal) =>
			(await bucketNames(signal)).map((name) => ({ name, objects: null, sizeBytes: null })),
		bucketNames,
		async open(bucket) {
			const s3 = await client();
			return { side: { role: 'source', s3, bucket }, endsAtMs: Infinity, close: () => s3.destroy() };
		},
		leftBehind: (bucket, signal) => using((s3) => settingsOutside({ role: 'source', s3, bucket }, signal)),
		keys: () => Promise.resolve(null),
	};
}

/** Another storage server of the project. */
export function serviceSource(deps: CopyDeps, service: ServiceRow): Source {
	const admin = () => ofSource(deps.broker.storageAdmin(service));
	const asked = async <T>(ask: (admin: StorageAdmin) => Promise<T>) => ofSource(ask(await admin()));
	return {
		buckets: () => asked((source) => source.measureBuckets()),
		bucketNames: () => asked((source) => source.bucketNames()),
		open: (bucket) =>
			asked(async (source) => {
				const access = await source.access({ bucket, level: 'read', lifetimeMs: KEY_LIFETIME_MS });
				return openSide('source', bucket, access);
			}),
		leftBehind: (bucket) => asked((source) => settingsOf(source, bucket)),
		keys: () => asked(({ keys }) => Promise.resolve(keysOfSource(keys))),
	};
}

function keysOfSource({ list, exportSecret }: BucketKeys): SourceKeys {
	return {
		list: (request) => ofSource(list(request)),
		exportSecret: exportSecret && ((id) => ofSource(exportSecret(id))),
	};
}

/** That a server does not answer is said of the source, not of the one that is copied into. */
async function ofSource<T>(answer: Promise<T>): Promise<T> {
	try {
		return await answer;
	} catch (error) {
		if (!isAppError(error, 'ENGINE_UNREACHABLE', 'ENGINE_NOT_READY', 'SERVICE_NOT_RUNNING')) throw error;
		const kind = error.details.reason === 'login' ? 'login' : 'away';
		throw new TransferFault('source', kind, error.code, error);
	}
}

async function settingsOf(admin: StorageAdmin, name: string): Promise<LeftBehindCounts> {
	const [info, cors, lifecycle] = await Promise.all([
		admin.findBucket(name),
		admin.cors?.get(name) ?? [],
		admin.lifecycle.get(name),
	]);
	return {
		...(info?.isVersioned === true ? { versions: 1 } : {}),
		...(info && info.publicAccess.kind !== 'none' ? { policy: 1 } : {}),
		...(cors.length > 0 ? { cors: 1 } : {}),
		...(lifecycle === null || lifecycle.length > 0 ? { lifecycle: 1 } : {}),
	};
}

function openSide(role: Side['role'], bucket: string, access: StorageAccess): OpenSide {
	const { endpoint, region, accessKeyId, secretAccessKey: secret, expiresAt } = access;
	const s3 = openCopyClient({ endpoint, region, accessKeyId, secret, isPathStyle: true });
	const endsAtMs = expiresAt.getTime() - KEY_LIFETIME_MS / 2;
	return { side: { role, s3, bucket }, endsAtMs, close: () => s3.destroy() };
}

/** By one call to the engine, whatever else it has; false for a name that no bucket can have. */
export async function hasBucket(admin: Pick<StorageAdmin, 'bucketId'>, name: string): Promise<boolean> {
	try {
		await admin.bucketId(name);
		return true;
	} catch (error) {
		if (isAppError(error, 'BUCKET_NOT_FOUND')) return false;
		throw error;
	}
}

/** A bucket of the target, with the right to write into it. */
export async function openTarget(deps: CopyDeps, service: ServiceRow, bucket: string): Promise<OpenSide> {
	const admin = await deps.broker.storageAdmin(service);
	const access = await admin.access({ bucket, level: 'write', lifetimeMs: KEY_LIFETIME_MS });
	return openSide('target', bucket, access);
}

/** The project's storage server of this id. Throws NOT_FOUND, also for one of another project, and NOT_SUPPORTED. */
export function sourceService(deps: CopyDeps, target: ServiceRow, id: string): ServiceRow {
	const found = findReadyService(deps.db, id);
	if (!found || found.projectId !== target.projectId) throw new AppError('NOT_FOUND', { field: 'source' });
	storageEngine(deps, found);
	return found;
}

/** Where a copy on record comes from. Throws NOT_FOUND, SEALED, COPY_STATE when its secret is gone. */
export function sourceOf(deps: CopyDeps, copy: CopyRow, target: ServiceRow): Source {
	const { sourceServiceId, endpoint, region, accessKeyId, secretCell, isPathStyle, isInOwnNetwork } = copy;
	if (sourceServiceId !== null) return serviceSource(deps, sourceService(deps, target, sourceServiceId));
	if (endpoint === null || region === null || accessKeyId === null || secretCell === null)
		throw new AppError('COPY_STATE', { message: `copy ${copy.id} has no login` });
	const secret = deps.vault.decrypt(cellAddress.storageCopySecret(copy.id), secretCell);
	return outsideSource(deps.network, {
		...{ endpoint, region, accessKeyId, secret, isPathStyle, isInOwnNetwork },
	});
}

/** What a failure of a side means for whoever reads it. */
export function asAppError(error: unknown): unknown {
	if (!(error instanceof TransferFault)) return error;
	const { role, kind, code } = error;
	const options = { cause: error, details: { code } };
	if (role === 'target') {
		if (kind === 'login')
			return new AppError('ENGINE_UNREACHABLE', { ...options, details: { reason: 'login' } });
		if (code === 'NoSuchBucket') return new AppError('BUCKET_NOT_FOUND', options);
		return new AppError(kind === 'refused' ? 'ENGINE_REFUSED' : 'ENGINE_UNREACHABLE', options);
	}
	if (kind === 'login') return new AppError('COPY_SOURCE_LOGIN', options);
	return new AppError(kind === 'refused' ? 'COPY_SOURCE_REFUSED' : 'COPY_SOURCE_UNREACHABLE', options);
}

/** The login at a server of the project is sh0's own: nobody has an access key to look at. */
export function atService(error: unknown): unknown {
	if (!isAppError(error, 'COPY_SOURCE_LOGIN')) return error;
	return new AppError(error.code, { cause: error, details: { ...error.details, source: 'service' } });
}

/** A short look at one side, such as for a form; `deadline` ends it even earlier. */
export async function briefly<T>(
	look: (signal: AbortSignal) => Promise<T>,
	deadline?: AbortSignal,
): Promise<T> {
	const limit = AbortSignal.timeout(2 * CALL_LIMIT_MS);
	const signal = deadline === undefined ? limit : AbortSignal.any([limit, deadline]);
	try {
		return await look(signal);
	} catch (error) {
		if (signal.aborted) throw tookTooLong(error);
		throw asAppError(error);
	}
}

/** A source that answers so slowly is as good as none. */
export function tookTooLong(cause?: unknown): AppError {
	return new AppError('COPY_SOURCE_UNREACHABLE', { cause, details: { code: 'timeout' } });
}
