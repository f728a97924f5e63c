import type { RequestEvent } from '@sveltejs/kit';
import { m } from '$lib/i18n/generated/messages';
import { extractLocaleFromRequest } from '$lib/i18n/generated/runtime';
import { policyRow } from '../auth/policy';
import { isOriginAllowed } from './origin.js';
import { originOf } from './place';
import { RateLimit } from './rate-limit';
import { refuse, type Refusal } from './refusal';

const apiPath = '/trpc/';
export const maxBatch = 10;
const maxBodyBytes = 64 * 1024;
const readMethods = ['GET', 'HEAD', 'OPTIONS'];

export type GuardDeps = {
	publicCalls: RateLimit;
	ip: string;
	requestId: string;
	/** Whether the browser has signed in here before. */
	isKnown: () => boolean;
};

/** The limits of an ordinary process. */
export function createPublicLimit(): RateLimit {
	return new RateLimit({ perAddress: 60, total: 600 });
}

/** The procedures that a request to the API names; tRPC decodes and splits in the same way. */
export function calledProcedures(url: URL): string[] {
	const path = url.pathname.slice(apiPath.length);
	try {
		return decodeURIComponent(path).split(',');
	} catch {
		return path.split(',');
	}
}

/** Turns away, before its body is read, what cannot come from our own pages or from a script with a token. Null: it may pass. */
export function guard(event: RequestEvent, deps: GuardDeps): Response | null {
	const origin = originOf(event);
	if (origin === null) return refuseHost(event);
	if (event.isSubRequest) return null;
	const isApi = event.url.pathname.startsWith(apiPath);
	const refusal = judgeSender(event, origin, isApi) ?? (isApi ? judgeCall(event, deps) : null);
	return refusal === null ? null : refuse(refusal, deps.requestId);
}

function refuseHost(event: RequestEvent): Response {
	const locale = extractLocaleFromRequest(event.request);
	return new Response(`${m.http_host_refused({}, { locale })}\n`, {
		status: 421,
		headers: { 'content-type': 'text/plain; charset=utf-8' },
	});
}

/** SameSite does not help against another port or a sibling domain: only the exact origin counts. */
function judgeSender({ request }: RequestEvent, own: string, isApi: boolean): Refusal | null {
	const { headers, method } = request;
	const forbidden: Refusal = { status: 403, code: 'FORBIDDEN' };
	const origin = headers.get('origin');
	const hasCookie = headers.has('cookie');
	if (!readMethods.includes(method) && !isOriginAllowed({ origin, own, hasCookie })) return forbidden;
	if (!isApi) return null;
	if (origin !== null && origin !== own) return forbidden;
	const site = headers.get('sec-fetch-site');
	return site === 'cross-site' || site === 'same-site' ? forbidden : null;
}

function judgeCall(event: RequestEvent, deps: GuardDeps): Refusal | null {
	const { method } = event.request;
	if (method !== 'GET' && method !== 'POST') return { status: 405, code: 'BAD_INPUT' };
	const refusal = method === 'POST' ? judgeBody(event.request.headers) : null;
	return refusal ?? judgeProcedures(calledProcedures(event.url), deps);
}

function judgeBody(headers: Headers): Refusal | null {
	const type = (headers.get('content-type') ?? '').split(';')[0]?.trim().toLowerCase();
	if (type !== 'application/json') return { status: 415, code: 'BAD_INPUT' };
	if (headers.has('transfer-encoding')) return { status: 411, code: 'BAD_INPUT' };
	return Number(headers.get('content-length')) > maxBodyBytes ? { status: 413, code: 'BAD_INPUT' } : null;
}

function judgeProcedures(paths: string[], { publicCalls, ip, isKnown }: GuardDeps): Refusal | null {
	if (paths.length > maxBatch) return { status: 400, code: 'BATCH_TOO_LARGE', details: { max: maxBatch } };
	const isPublic = paths.some((path) => policyRow(path)?.scope === 'public');
	if (!isPublic) return null;
	if (paths.length > 1) return { status: 400, code: 'BATCH_NOT_ALLOWED' };
	const retryAfterSeconds = publicCalls.take(ip, { isKnown: isKnown() });
	return retryAfterSeconds === null
		? null
		: { status: 429, code: 'THROTTLED', details: { retryAfterSeconds } };
}
