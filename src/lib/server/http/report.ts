import type { Logger } from '../log';
import { toAppError } from '../trpc/init';

/** Logs a call's failure that no code stands for, with the id that its caller was told. Expected failures are in the audit record. */
export function reportUnexpected(
	log: Logger,
	failure: { error: unknown; path: string | undefined; requestId: string | undefined },
): void {
	const { code, cause } = toAppError(failure.error);
	if (code !== 'INTERNAL') return;
	log.error('call.failed', {
		path: failure.path,
		requestId: failure.requestId,
		error: cause ?? failure.error,
	});
}
