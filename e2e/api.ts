import { expect } from '@playwright/test';
import { cookieNames } from '../src/lib/server/http/cookies';
import type { Client } from '../src/lib/trpc/client';
import type { House, RunningServer } from './fixtures';

const longWorkMs = 120_000;

/** The cookie that a login would have set. */
export function sessionCookie(url: string, value: string) {
	return { name: cookieNames(url).session, value, url, httpOnly: true, sameSite: 'Lax' as const };
}

/** Waits until an operation has succeeded. Throws when it ended otherwise. */
export async function ended(api: Client, operationId: string): Promise<void> {
	const statusOf = async () => (await api.operations.get.query({ operationId })).status;
	await expect.poll(statusOf, { timeout: longWorkMs }).not.toBe('running');
	expect(await statusOf()).toBe('succeeded');
}

/** The administrator's connection string of a server, asked for as a script would. */
export async function rootUri({ api }: House, { id: serviceId }: RunningServer): Promise<string> {
	const { host, port, user } = await api.services.connection.query({ serviceId });
	const { value } = await api.secrets.reveal.mutate({ serviceId, kind: 'root' });
	return `postgresql://${user}:${encodeURIComponent(value)}@${host}:${port}/postgres`;
}
