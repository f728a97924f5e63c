import { errorCodes, type ErrorCode, type ErrorDetails } from '$lib/shared/error-codes';

export type Refusal = { status: number; code: ErrorCode; details?: ErrorDetails };

/** JSON-RPC's number for "invalid request", which tRPC's client expects to find. */
const invalidRequest = -32600;

/** An answer that the typed client reads as any other error of ours, given before tRPC was asked. */
export function refuse({ status, code, details = {} }: Refusal, requestId: string): Response {
	const data = { code: errorCodes[code], httpStatus: status, appCode: code, details, field: null, requestId };
	const retry = details['retryAfterSeconds'];
	return Response.json(
		{ error: { json: { message: code, code: invalidRequest, data } } },
		{ status, headers: retry === undefined ? {} : { 'retry-after': String(retry) } },
	);
}
