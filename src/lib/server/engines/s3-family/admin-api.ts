import type { z } from 'zod';
import type { ErrorCode } from '$lib/shared/error-codes';
import { AppError } from '../../errors';
import { EngineFault, refusalError } from '../fault';
import { probeBy } from '../probe';
import type { StorageTarget } from '../storage';

/** What the engines' own APIs have in common: each is called over HTTP and refuses with a status and a code. */

/** Where the server's S3 is found by this process. */
export function s3Endpoint({ host, ports }: Pick<StorageTarget, 'host' | 'ports'>): string {
	return `http://${host}:${ports.s3}`;
}

/** Uses a client and closes it, however that ends. */
export async function withClient<C extends { close(): void }, T>(
	client: C,
	use: (client: C) => Promise<T>,
): Promise<T> {
	try {
		return await use(client);
	} finally {
		client.close();
	}
}

/** As `Lifecycle.probe`, by a call that root alone may make. */
export function probeApi(look: () => Promise<unknown>, signal: AbortSignal | undefined): Promise<void> {
	return probeBy(look, { toEngineError, signal });
}

function toEngineError(error: unknown): AppError {
	return error instanceof AppError ? error : new AppError('ENGINE_UNREACHABLE', { cause: error });
}

/** Undefined for what is no JSON, as the empty answer of a removal. */
export function jsonOf(body: Buffer): unknown {
	try {
		return JSON.parse(body.toString('utf8'));
	} catch {
		return undefined;
	}
}

/** What is read of the answer to the call of this name. Throws ENGINE_REFUSED with `code: 'answer'` for one of another form. */
export function checkedAnswer<T extends z.ZodType>(name: string, schema: T, answer: unknown): z.output<T> {
	const parsed = schema.safeParse(answer);
	if (parsed.success) return parsed.data;
	const where = parsed.error.issues.map((issue) => issue.path.join('.')).join(', ');
	throw new AppError('ENGINE_REFUSED', {
		message: `the answer to ${name} has an unknown form at ${where}`,
		details: { code: 'answer' },
	});
}

const retryLater = new Set([500, 502, 503, 504]);

/**
 * What a refusal means, by the codes that an engine gives; its message may quote what was sent, so only its code is kept. `name` is the
 * fault's in the log.
 */
export function refusalBy(
	{ status, code }: { status: number; code: string },
	{ name, codes }: { name: string; codes: Record<string, ErrorCode> },
): AppError {
	const known = codes[code];
	return refusalError(new EngineFault(`refused with ${status} ${code}`, { name, refused: undefined }), {
		isLogin: known === undefined && (status === 401 || status === 403),
		code: known ?? (retryLater.has(status) ? 'ENGINE_NOT_READY' : undefined),
		details: { code },
	});
}
