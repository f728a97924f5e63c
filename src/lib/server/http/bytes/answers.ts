import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { TRPCError } from '@trpc/server';
import { getHTTPStatusCodeFromError } from '@trpc/server/http';
import { uriPart } from '$lib/shared/connection/quote';
import { errorCodes } from '$lib/shared/error-codes';
import { nameOfKey } from '$lib/shared/storage-links';
import type { AppError } from '../../errors';
import { refuse } from '../refusal';
import type { EngineAnswer } from './relay';

/** What people stored never acts as a page of ours: no scripts, no forms, an origin of its own. */
const harmless = "default-src 'none'; style-src 'unsafe-inline'; sandbox";

/** A page of a public bucket shows pictures and films of that bucket too, whose path ends with a slash. */
function harmlessWith(bucketUrl: string): string {
	return `default-src 'none'; img-src ${bucketUrl} data:; media-src ${bucketUrl}; style-src 'unsafe-inline'; sandbox`;
}

/** What of an engine's answer is passed on, whoever asks. */
const facts = [
	'content-length',
	'content-range',
	'accept-ranges',
	'etag',
	'last-modified',
	'content-encoding',
];
/** What the public gets beside it. */
const publicFacts = [
	...['content-type', 'content-disposition', 'content-language', 'cache-control', 'expires'],
	'access-control-allow-origin',
];

/** Headers by which a reader asks for a part of an object, or for a changed one only. */
export const conditions = [
	...['range', 'if-range', 'if-match', 'if-none-match', 'if-modified-since', 'if-unmodified-since'],
];

/** Statuses of an engine that say something about the object; all others are refusals. */
const passed = new Set([200, 206, 304, 412, 416]);

export function isPassed({ status }: EngineAnswer): boolean {
	return passed.has(status);
}

/** Those of a request's headers that the engine gets to see. */
export function pickedHeaders(
	{ headers }: Pick<IncomingMessage, 'headers'>,
	names: string[],
): Record<string, string> {
	const found = names.flatMap((name) => {
		const value = headers[name];
		return typeof value === 'string' ? [[name, value] as const] : [];
	});
	return Object.fromEntries(found);
}

function picked({ headers }: EngineAnswer, names: string[]): OutgoingHttpHeaders {
	const found = names.flatMap((name) => (headers[name] === undefined ? [] : [[name, headers[name]]]));
	return Object.fromEntries(found) as OutgoingHttpHeaders;
}

/** The name as RFC 6266 spells it: plain for old clients, and in full as RFC 5987 has it. */
export function attachment(key: string): string {
	const name = nameOfKey(key).replace(/\/$/, '') || 'object';
	const plain = name.replace(/[^A-Za-z0-9._ -]/g, '_');
	return `attachment; filename="${plain}"; filename*=UTF-8''${uriPart(name)}`;
}

/** An object that is saved, never shown, and so of no type that a page could make something of. */
export function downloadHeaders(answer: EngineAnswer, key: string): OutgoingHttpHeaders {
	return {
		...picked(answer, facts),
		'content-type': 'application/octet-stream',
		'content-disposition': attachment(key),
		'content-security-policy': harmless,
		'cache-control': 'private, no-store',
	};
}

/** An object that is shown as this type, whatever was said of it when it was stored. */
export function previewHeaders(answer: EngineAnswer, type: string): OutgoingHttpHeaders {
	return {
		...picked(answer, ['content-length', 'content-encoding']),
		'content-type': type,
		'content-disposition': 'inline',
		'content-security-policy': harmless,
		'cache-control': 'private, no-store',
	};
}

/** An object that the public reads by a link: a signed one, or one of this public bucket. Other sites may embed it. */
export function linkHeaders(
	answer: EngineAnswer,
	link: { isSigned: true } | { isSigned: false; bucketUrl: string },
): OutgoingHttpHeaders {
	return {
		'cache-control': 'no-cache',
		...picked(answer, [...facts, ...publicFacts]),
		...(link.isSigned ? { 'cache-control': 'private, no-store' } : {}),
		'content-security-policy': link.isSigned ? harmless : harmlessWith(link.bucketUrl),
		'cross-origin-resource-policy': 'cross-origin',
		// The address of a signed one opens the object.
		'referrer-policy': 'no-referrer',
	};
}

/** Answers with an error as the typed client reads it. What has begun already can only be cut off. */
export async function sendError(
	response: ServerResponse,
	{ code, details }: AppError,
	{ requestId, status }: { requestId: string; status?: number },
): Promise<void> {
	if (response.headersSent) {
		response.destroy();
		return;
	}
	const usual = getHTTPStatusCodeFromError(new TRPCError({ code: errorCodes[code] }));
	const refusal = refuse({ status: status ?? usual, code, details }, requestId);
	response.writeHead(refusal.status, {
		...Object.fromEntries(refusal.headers),
		'x-request-id': requestId,
		'cache-control': 'no-store',
	});
	response.end(await refusal.text());
}
