import { sentenceOfCode } from '$lib/i18n/errors';
import type { ServiceStatus } from '$lib/shared/services';
import { settled, type Settled } from '$lib/trpc/api';
import type { Service } from './service';

const open: readonly ServiceStatus[] = ['running', 'unhealthy', 'working'];

/** Asks for what is inside a server, such as its databases; one that cannot answer is not asked. */
export function inside<T>(service: Pick<Service, 'status'>, ask: () => Promise<T>): Promise<Settled<T>> {
	if (open.includes(service.status)) return settled(ask());
	const problem = { code: 'SERVICE_NOT_RUNNING' as const, sentence: sentenceOfCode('SERVICE_NOT_RUNNING') };
	return Promise.resolve({ data: null, problem });
}
