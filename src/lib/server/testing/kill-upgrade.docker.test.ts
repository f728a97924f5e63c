import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MIB } from '$lib/shared/units';
import { tell } from '../../../../e2e/redis';
import { createDocker } from '../docker';
import { loadEnv } from '../env';
import { killSuiteLimitMs, onePointIn, pointsOf, type Ended } from './every-point';
import { clearCopies } from './house-check';
import { KillableHouse } from './kill-points';
import { newServer } from './kill-servers';
import { OfferedImages } from './offered-images';

/** There are some 150 points. */
const share = onePointIn(14);
const valkey = { engine: 'valkey', version: '8', memoryBytes: 128 * MIB };

describe('the panel killed', () => {
	let house: KillableHouse;
	let images: OfferedImages;
	let serviceId: string;

	/** What it ran on before this point, and the operation that was its newest. */
	let before: { image: string; operationId: string | undefined };
	let offered: string;

	const containers = () =>
		createDocker({ socketPath: loadEnv().dockerSocket, instanceId: house.instanceId }).containers;

	/** The image of the one container there is. */
	async function image(): Promise<string> {
		const all = await containers().list({});
		expect(all.map(({ status }) => status)).toEqual(['running']);
		return all[0]?.imageId ?? '';
	}

	async function offer(digest: string): Promise<void> {
		offered = digest;
		await images.offer(digest);
	}

	async function asRoot(...command: [string, ...string[]]): Promise<unknown> {
		const { host, port, user } = await house.client.services.connection.query({ serviceId });
		const { value } = await house.client.secrets.reveal.mutate({ serviceId, kind: 'root' });
		return tell(`redis://${user}:${encodeURIComponent(value)}@${host}:${port}`, ...command);
	}

	async function look(ended: Ended): Promise<void> {
		before = { image: await image(), operationId: ended?.id };
	}

	beforeAll(async () => {
		images = await OfferedImages.of(valkey);
		await offer(await images.make('LABEL newer=no'));
		house = await KillableHouse.build({ SH0_IMAGES_DIR: images.imagesDir });
		({ serviceId } = await house.client.services.create.mutate(newServer(house, valkey)));
		const created = await house.settle(serviceId);
		expect(created?.status).toBe('succeeded');
		await house.client.databaseUsers.create.mutate({ serviceId, name: 'kept', password: 'kept-password-1' });
		expect(await asRoot('SET', 'cart', 'tea')).toBe('OK');
		await look(created);
	}, killSuiteLimitMs);
	afterAll(async () => {
		await house?.demolish();
		await images?.remove();
	});

	/** The server answers with all its data on one of the two images: the offered one if, and only if, the upgrade succeeded. */
	async function check(ended: Ended, fate: 'succeeded' | 'undone'): Promise<void> {
		const hasBegun = ended?.id !== before.operationId;
		if (hasBegun) expect(ended).toMatchObject({ kind: 'service.upgrade', status: fate });
		expect(await image()).toBe(hasBegun && fate === 'succeeded' ? offered : before.image);
		expect(await house.client.services.get.query({ serviceId })).toMatchObject({ status: 'running' });
		expect(await asRoot('GET', 'cart')).toBe('tea');
		const { items } = await house.client.databaseUsers.list.query({ serviceId });
		expect(items.map((user) => user.name)).toEqual(['kept']);
		await look(ended);
	}

	const flow = (panel: KillableHouse) => panel.client.services.upgrade.mutate({ serviceId });
	const tidy = () => clearCopies(house);

	it(
		`at ${share.title} of an upgrade: the data is there, on the newer image once it has begun`,
		async () => {
			const pair = [before.image, await images.make('LABEL newer=yes')];
			const other = () => pair.find((digest) => digest !== before.image) ?? '';
			await offer(other());
			await pointsOf('upgrade', house, share, {
				...{ flow, tidy },
				check: (ended) => check(ended, 'succeeded'),
				prepare: () => offer(other()),
			});
		},
		killSuiteLimitMs,
	);

	it(
		`at ${share.title} of an upgrade that goes back: the former image runs on the former data`,
		async () => {
			// The engine's own command comes after it, as names of files that there are none of.
			const ruin = 'ENTRYPOINT ["rm", "-rf", "--", "/data/dump.rdb", "/data/valkey.conf"]';
			await offer(await images.make(ruin, 'USER valkey'));
			await pointsOf('way back from an upgrade', house, share, {
				...{ flow, tidy },
				check: (ended) => check(ended, 'undone'),
				prepare: async () => {},
			});
		},
		killSuiteLimitMs,
	);
});
