import { initTRPC, TRPCError } from '@trpc/server';
import superjson, { type SuperJSONResult } from 'superjson';
import { z, ZodError } from 'zod';
import { errorCodes, type ErrorCode, type ErrorDetails, type ErrorShapeData } from '$lib/shared/error-codes';
import { AppError } from '../errors';
import type { Context } from './context';

/** The AppError behind whatever was thrown: bad input by its first issue, everything unknown as INTERNAL. */
export function toAppError(error: unknown): AppError {
	if (error instanceof AppError) return error;
	if (error instanceof TRPCError && error.cause instanceof AppError) return error.cause;
	const cause = error instanceof TRPCError ? error.cause : error;
	if (cause instanceof ZodError && error instanceof TRPCError && error.code === 'BAD_REQUEST')
		return fromZod(cause);
	if (error instanceof TRPCError && error.code === 'NOT_FOUND')
		return new AppError('NOT_FOUND', { cause: error });
	if (error instanceof TRPCError && isCallerFault(error)) return new AppError('BAD_INPUT', { cause: error });
	return new AppError('INTERNAL', { cause: error });
}

function isCallerFault(error: TRPCError): boolean {
	return ['BAD_REQUEST', 'PARSE_ERROR', 'METHOD_NOT_SUPPORTED', 'PAYLOAD_TOO_LARGE'].includes(error.code);
}

const plainParams = z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()]));

/** Facts that a schema gave with an issue of its own, such as how long a name may be. */
function paramsOf(issue: ZodError['issues'][number] | undefined): ErrorDetails {
	const params = issue?.code === 'custom' ? plainParams.safeParse(issue.params) : undefined;
	return params?.success ? params.data : {};
}

/** A schema may name one of our codes as an issue's message; then that is the error, else BAD_INPUT with the field's name. */
function fromZod(error: ZodError): AppError {
	const issue = error.issues[0];
	const field = issue?.path.join('.') ?? '';
	const code: ErrorCode =
		issue && Object.hasOwn(errorCodes, issue.message) ? (issue.message as ErrorCode) : 'BAD_INPUT';
	return new AppError(code, { cause: error, field, details: { ...paramsOf(issue), field } });
}

const requestIds = new WeakMap<TRPCError, string>();

/** The number of the call that failed, where the context's is not its own. */
export function nameRequest(error: TRPCError, requestId: string): void {
	requestIds.set(error, requestId);
}

/** As superjson, which the client speaks; an input that it cannot read is the caller's fault and no failure of ours. */
const transformer = {
	input: {
		serialize: (value: unknown) => superjson.serialize(value),
		deserialize: (payload: SuperJSONResult): unknown => {
			try {
				return superjson.deserialize(payload);
			} catch (cause) {
				throw new TRPCError({ code: 'PARSE_ERROR', cause });
			}
		},
	},
	output: superjson,
};

const t = initTRPC.context<Context>().create({
	transformer,
	isDev: false,
	errorFormatter({ shape, error, ctx }) {
		const appError = toAppError(error);
		const data: ErrorShapeData & { code: string; httpStatus: number } = {
			code: shape.data.code,
			httpStatus: shape.data.httpStatus,
			appCode: appError.code,
			details: appError.details,
			field: appError.field,
			requestId: requestIds.get(error) ?? ctx?.requestId ?? '',
		};
		return { code: shape.code, message: appError.code, data };
	},
});

export const router = t.router;
export const middleware = t.middleware;

/** Only `procedures.ts` may use this: everything else takes a builder from there. */
export const bareProcedure = t.procedure;

/** An AppError as tRPC carries it: same meaning, tRPC's code. */
export function toTRPCError(error: AppError): TRPCError {
	return new TRPCError({ code: errorCodes[error.code], message: error.code, cause: error });
}
