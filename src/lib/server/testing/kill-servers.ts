import { randomBytes } from 'node:crypto';
import { expect } from 'vitest';
import { MIB } from '$lib/shared/units';
import type { Ended, KillSteps } from './every-point';
import type { KillableHouse } from './kill-points';

export type ServerKind = { engine: string; version: string; memoryBytes?: number };

/** The password that sh0 knows logs in; `database` is one that every new server of its engine has. */
export async function loginWorks(
	house: KillableHouse,
	serviceId: string,
	database = 'postgres',
): Promise<void> {
	const { items } = await house.client.databases.list.query({ serviceId });
	expect(items.map(({ name }) => name)).toContain(database);
}

/** Root's secret as sh0 knows it logs in to the storage server. */
export async function storageLoginWorks(house: KillableHouse, serviceId: string): Promise<void> {
	expect(await house.client.buckets.list.query({ serviceId })).toMatchObject({ items: [] });
}

/** Input of a server with a name of its own. */
export const newServer = (
	house: KillableHouse,
	{ memoryBytes = 256 * MIB, ...kind }: ServerKind = { engine: 'postgres', version: '18' },
) => ({
	...{ ...kind, projectId: house.project.projectId },
	...{ name: `s-${randomBytes(4).toString('hex')}a`, memoryBytes },
});

/** Deletes a server and its data for good. */
export async function discard(house: KillableHouse, serviceId: string, name: string): Promise<void> {
	await house.client.services.remove.mutate({ serviceId, confirmName: name });
	await house.settle(serviceId);
	await house.client.services.purge.mutate({ serviceId, confirmName: name });
	await house.settle(serviceId);
}

/** Making a new server, which afterwards either works or is not there at all. */
export function creating(
	house: KillableHouse,
	kind: ServerKind,
	works: (house: KillableHouse, serviceId: string) => Promise<void>,
): KillSteps {
	let name = '';
	const listed = () => house.client.services.list.query({ projectId: house.project.projectId });
	return {
		flow: (panel) => {
			const input = newServer(panel, kind);
			name = input.name;
			return panel.client.services.create.mutate(input);
		},
		check: async (ended: Ended) => {
			const made = (await listed()).find((service) => service.name === name);
			if (ended?.serviceName !== name || ended.status !== 'succeeded') return expect(made).toBeUndefined();
			await works(house, ended.serviceId);
		},
		prepare: async () => {
			for (const service of await listed()) await discard(house, service.id, service.name);
		},
	};
}
