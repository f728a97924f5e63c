import { describe, expect, it, vi } from 'vitest';
import { openTestDatabase } from '../db/testing';
import { createDocker, dockerNames } from '../docker';
import { KeptData } from './kept-data';
import type { ServiceRow } from './repository';

const GIB = 1_024 ** 3;
const service = { id: 'svc_a', projectId: 'prj_a' } as const satisfies Partial<ServiceRow>;

function keptOn(usedKib: number, freeKib: number) {
	const docker = createDocker({ socketPath: '/no/such.sock', instanceId: '00ff00ff' });
	vi.spyOn(docker, 'runInImage').mockResolvedValue([
		`${usedKib}\t/data\n`,
		`Filesystem     1024-blocks     Used Available Capacity Mounted on\n/dev/sda1  ${freeKib * 3} ${freeKib * 2} ${freeKib}      67% /data\n`,
	]);
	const { db, remove } = openTestDatabase();
	const kept = new KeptData({ db, docker, names: dockerNames('00ff00ff') });
	const image = { image: 'an-image', signal: new AbortController().signal };
	return { assertRoom: () => kept.assertRoom(service, image), remove };
}

describe('the room for a copy of the data', () => {
	it('is enough when it holds them and something to spare', async () => {
		const { assertRoom, remove } = keptOn((10 * GIB) / 1_024, (12 * GIB) / 1_024);
		await expect(assertRoom()).resolves.toBeUndefined();
		remove();
	});

	it('is refused with the bytes that are needed and those that are free', async () => {
		const { assertRoom, remove } = keptOn((10 * GIB) / 1_024, (11 * GIB) / 1_024);
		await expect(assertRoom()).rejects.toMatchObject({
			code: 'UPGRADE_NEEDS_SPACE',
			details: { neededBytes: 11.25 * GIB, freeBytes: 11 * GIB },
		});
		remove();
	});

	it('that cannot be read is no room', async () => {
		const { assertRoom, remove } = keptOn(Number.NaN, 1);
		await expect(assertRoom()).rejects.toThrow('unknown sizes');
		remove();
	});
});
