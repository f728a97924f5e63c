import { sentenceOfCode } from '$lib/i18n/error-sentences';
import type { ServiceStatus } from '$lib/shared/services';
import { settled, type Settled } from '$lib/trpc/api';
import type { Service } from './service';

const open: readonly ServiceStatus[] = ['running', 'unhealthy', 'working'];

/** True for a server that can tell what is inside it. */
export function canBeAsked(service: Pick<Service, 'status'>): boolean {
	return open.includes(service.status);
}

/** Asks for what is inside a server, such as its databases; one that cannot answer is not asked. */
export function inside<T>(service: Pick<Service, 'status'>, ask: () => Promise<T>): Promise<Settled<T>> {
	if (canBeAsked(service)) return settled(ask());
	const problem = { code: 'SERVICE_NOT_RUNNING' as const, sentence: sentenceOfCode('SERVICE_NOT_RUNNING') };
	return Promise.resolve({ data: null, problem });
}
