import type { IncomingMessage, ServerResponse } from 'node:http';
import { z } from 'zod';
import { idSchema } from '$lib/shared/ids';
import { uploadIdSchema } from '$lib/shared/name-schemas';
import {
	IMAGE_PREVIEW_BYTES,
	objectPrefix,
	shownImageType,
	TEXT_PREVIEW_BYTES,
} from '$lib/shared/storage-links';
import type { App } from '../../app';
import { sha256Hex } from '../../auth/opaque-token';
import { serviceScope, type Scoped } from '../../auth/scopes';
import { AppError } from '../../errors';
import type { Places } from '../../places';
import type { Context } from '../../trpc/context';
import {
	auditDenied,
	closeAudit,
	openAudit,
	requireIdentity,
	requirePolicy,
	requireRole,
	requireTokenScope,
} from '../../trpc/guard';
import { toAppError } from '../../trpc/init';
import { socketAddress } from '../client-address';
import { readCredentials } from '../cookies';
import { isOriginAllowed } from '../origin.js';
import { conditions, downloadHeaders, isPassed, pickedHeaders, previewHeaders } from './answers';
import { askEngine, passOn, readRefusal, type EngineAnswer } from './relay';

type Service = Parameters<App['objectBytes']['read']>[0];

const querySchema = z.strictObject({
	key: z.string().min(1).max(1_024),
	as: z.enum(['image', 'text']).optional(),
	uploadId: uploadIdSchema.optional(),
	partNumber: z.coerce.number().int().min(1).max(10_000).optional(),
});
type Wanted = z.infer<typeof querySchema> & { serviceId: string; bucket: string };

export type Exchange = {
	app: App;
	request: IncomingMessage;
	response: ServerResponse;
	url: URL;
	/** The origin of our own pages. */
	own: string;
	requestId: string;
	/** Known to be of somebody who may do this. */
	isPermitted: boolean;
};

/** What a signed-in person, or a script with a token, reads and writes: `/objects/<service>/<bucket>?key=…`. Throws AppError. */
export async function answerObject(exchange: Exchange, places: Places): Promise<void> {
	const { app, request } = exchange;
	const method = request.method ?? '';
	if (!['GET', 'HEAD', 'PUT'].includes(method)) throw new AppError('BAD_INPUT', { field: 'method' });
	assertOwnSender(exchange);
	const wanted = wantedOf(exchange.url);
	const ctx = contextOf(exchange);
	const found = await permitted(ctx, wanted, method === 'PUT' ? 'objects.write' : 'objects.read');
	exchange.isPermitted = true;
	const visitor = ctx.credentials ? sha256Hex(ctx.credentials.token) : '';
	const leave = places.take(visitor);
	if (leave === null) throw new AppError('THROTTLED', { details: { retryAfterSeconds: 1 } });
	// What was signed out reads and writes no further.
	const forget = app.auth.connections.add(visitor, { close: () => request.socket.destroy() });
	exchange.response.once('close', () => {
		leave();
		forget();
	});
	if (method === 'PUT') await found.write(exchange, wanted);
	else await read(exchange, found.service, wanted);
}

/** SameSite does not help against another port or a sibling domain: only the exact origin counts. */
function assertOwnSender({ request: { method, headers }, own }: Exchange): void {
	const isWrite = method === 'PUT';
	const hasCookie = headers.cookie !== undefined;
	const site = headers['sec-fetch-site'];
	const isForeign =
		(isWrite && !isOriginAllowed({ origin: headers.origin, own, hasCookie })) ||
		(headers.origin !== undefined && headers.origin !== own) ||
		site === 'cross-site' ||
		site === 'same-site';
	if (isForeign) throw new AppError('FORBIDDEN');
}

function wantedOf({ pathname, searchParams }: URL): Wanted {
	const [serviceId = '', bucket = '', ...more] = pathname.slice(objectPrefix.length).split('/');
	const query = querySchema.safeParse(Object.fromEntries(searchParams));
	const isPlace = idSchema('service').safeParse(serviceId).success && /^[a-z0-9.-]{1,63}$/.test(bucket);
	if (!isPlace || more.length > 0) throw new AppError('NOT_FOUND');
	const isPart = query.data?.uploadId !== undefined;
	if (!query.success || isPart !== (query.data.partNumber !== undefined))
		throw new AppError('BAD_INPUT', { field: 'key', details: { field: 'key' } });
	return { ...query.data, serviceId, bucket };
}

function contextOf({ app, request, requestId, own }: Exchange): Context {
	const { authorization, cookie } = request.headers;
	return {
		...{ app, requestId, cookies: null, batchSize: 1 },
		ip: socketAddress(request),
		userAgent: request.headers['user-agent'] ?? '',
		credentials: readCredentials({ authorization, cookie }, own),
	};
}

type Permitted = { service: Service; write(exchange: Exchange, wanted: Wanted): Promise<void> };

/** Judges as the procedures do. Throws NOT_SIGNED_IN, NOT_FOUND, FORBIDDEN, TOKEN_SCOPE_MISSING. */
async function permitted(
	ctx: Context,
	wanted: Wanted,
	path: 'objects.read' | 'objects.write',
): Promise<Permitted> {
	const row = requirePolicy(path, 'service');
	if (row.scope === 'public') throw new AppError('INTERNAL');
	const identity = await requireIdentity(ctx);
	const found: Scoped<Service> | null = serviceScope(ctx.app.db, identity, wanted.serviceId);
	// A foreign id answers exactly as one that never existed.
	if (!found) throw new AppError('NOT_FOUND');
	const { project, row: service } = found;
	const scope = { project, target: { kind: 'service' as const, id: service.id, name: service.name } };
	const facts = { ctx, path, row, identity, scope, rawInput: { bucket: wanted.bucket, key: wanted.key } };
	try {
		requireTokenScope(row, identity);
		requireRole(row, scope);
	} catch (error) {
		if (path === 'objects.write') auditDenied(facts, toAppError(error));
		throw error;
	}
	return {
		service,
		async write(exchange, object) {
			// The parts of an upload are on record by its beginning and its end.
			if (object.uploadId !== undefined) return write(exchange, service, object);
			const handle = openAudit(facts);
			const failure: unknown = await write(exchange, service, object).then(
				() => null,
				(error: unknown) => error,
			);
			closeAudit(ctx, handle, failure);
			if (failure !== null) throw failure;
		},
	};
}

async function read(exchange: Exchange, service: Service, { bucket, key, as }: Wanted): Promise<void> {
	const { app, request, response } = exchange;
	const method = request.method === 'HEAD' ? 'HEAD' : 'GET';
	const type = as === 'image' ? shownImageType(key) : 'text/plain; charset=utf-8';
	if (type === null) throw new AppError('PREVIEW_NOT_POSSIBLE');
	const upstream = await app.objectBytes.read(service, { bucket, key, method });
	const headers = {
		...upstream.headers,
		...(as === undefined ? pickedHeaders(request, conditions) : rangeFor(as)),
	};
	const answer = await askEngine(request, response, { ...upstream, method, headers });
	if (!isPassed(answer)) throw await refusalOf(exchange, answer);
	if (as === undefined) return passOn(answer, response, downloadHeaders(answer, key));
	const isTooLarge = as === 'image' && Number(answer.headers['content-length'] ?? 0) > IMAGE_PREVIEW_BYTES;
	if (isTooLarge) {
		answer.body.destroy();
		throw new AppError('PREVIEW_NOT_POSSIBLE');
	}
	if (answer.status === 416) {
		// An empty object has no range.
		answer.body.resume();
		response.writeHead(200, { 'content-type': type, 'content-length': 0 }).end();
		return;
	}
	// A beginning is shown as a whole.
	passOn({ ...answer, status: 200 }, response, previewHeaders(answer, type));
}

function rangeFor(as: 'image' | 'text'): Record<string, string> {
	return as === 'text' ? { range: `bytes=0-${TEXT_PREVIEW_BYTES - 1}` } : {};
}

async function write(exchange: Exchange, service: Service, wanted: Wanted): Promise<void> {
	const { app, request, response, requestId } = exchange;
	const length = Number(request.headers['content-length'] ?? Number.NaN);
	if (!Number.isSafeInteger(length) || length < 0)
		throw new AppError('BAD_INPUT', { field: 'content-length', details: { field: 'content-length' } });
	const { bucket, key, partNumber = 0 } = wanted;
	const part = wanted.uploadId === undefined ? null : { uploadId: wanted.uploadId, number: partNumber };
	const upstream = await app.objectBytes.write(service, { bucket, key, part });
	const type = part === null ? { 'content-type': contentTypeOf(request) } : {};
	const headers = { ...upstream.headers, ...type, 'content-length': length };
	const answer = await askEngine(request, response, { ...upstream, method: 'PUT', headers }).catch(
		(error: unknown) => {
			throw request.destroyed ? new AppError('OPERATION_INTERRUPTED', { cause: error }) : error;
		},
	);
	if (answer.status !== 200)
		throw await app.objectBytes.writeFailure(service, bucket, await refusalOf(exchange, answer));
	answer.body.resume();
	response.writeHead(200, {
		'content-type': 'application/json',
		'cache-control': 'no-store',
		'x-request-id': requestId,
	});
	response.end('{}');
}

/** What the sender says it is, if that is the name of a type. */
function contentTypeOf({ headers }: IncomingMessage): string {
	const type = headers['content-type'] ?? '';
	return /^[\w.+-]{1,100}\/[\w.+-]{1,100}(?:; ?charset=[\w-]{1,40})?$/.test(type)
		? type
		: 'application/octet-stream';
}

async function refusalOf({ app, request }: Exchange, answer: EngineAnswer): Promise<AppError> {
	// The answer to HEAD has no words.
	const hasNoWords = answer.status === 404 && request.method === 'HEAD';
	const refusal = hasNoWords ? { name: 'NotFound', message: '' } : await readRefusal(answer);
	return app.objectBytes.refusal(refusal);
}
