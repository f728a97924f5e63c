import { api } from '$lib/trpc/api';

/** Ends long work where it can be ended now; what it has done is taken back. */
export function cancelOperation(operationId: string): Promise<unknown> {
	return api.operations.cancel.mutate({ operationId });
}
