import { expect, it } from 'vitest';
import { auditLog, operations, storageCopies } from '../../db/schema/index';
import { appClient, outcome } from '../storage-app';
import { refusalOf } from '../refusal';
import { bucketOf, put, putMany, type CopyHouse } from './house';

/** Where a copy comes from, what of it is refused, and whose keys come along. */
export function sourcesBehaviour(house: CopyHouse): void {
	const { source } = house;

	it('refuses what would mix or cannot be', async () => {
		const from = await bucketOf(house.two.source);
		await put(from, 'a', 'a');
		const to = await bucketOf(house.two.target, from.bucket);
		await put(to, 'b', 'b');
		const refused = { code: 'BUCKET_NOT_EMPTY', field: 'buckets.0.target' };
		expect(await refusalOf(house.two.copy(from.bucket))).toMatchObject(refused);
		expect(await refusalOf(house.two.copy(from.bucket, 'No Such'))).toMatchObject({
			...{ code: 'NAME_INVALID', field: 'buckets.0.target' },
		});
		expect(await refusalOf(house.two.copy('nowhere-at-all'))).toMatchObject({
			...{ code: 'BUCKET_NOT_FOUND', field: 'buckets.0.source' },
		});
		for (const [serviceId, code] of [
			[house.two.foreignId, 'NOT_FOUND'],
			[house.two.targetId, 'BAD_INPUT'],
		]) {
			const check = house.two.api.check({
				...{
					serviceId: house.two.targetId,
					source: { kind: 'service' as const, serviceId: serviceId ?? '' },
				},
			});
			expect(await refusalOf(check)).toMatchObject({ code });
		}
		const { copyId } = await house.two.copy(from.bucket, null, true);
		expect(await house.two.succeeded(copyId)).toMatchObject({
			copied: 1,
			sourceObjects: 1,
			targetObjects: 2,
		});
	});

	it('carries keys over with their rights, and their secrets where the source tells them', async () => {
		const from = await bucketOf(house.two.source);
		await put(from, 'a', 'a');
		const { copyId } = await house.two.copy(from.bucket, null, false, true);
		await house.two.succeeded(copyId);
		const { keys } = await house.two.report(copyId);
		const tells = house.two.source.admin().keys.exportSecret !== null;
		expect(keys).toEqual([{ id: from.key.id, description: 'app', outcome: tells ? 'carried' : 'newNeeded' }]);
		const s3 = appClient(house.two.target.endpoint(), from.key);
		expect(await outcome(put({ s3, bucket: from.bucket }, 'b', 'b'))).toMatch(
			tells ? /^ok$/ : /^(?:InvalidAccessKeyId|AccessDenied)$/,
		);
		const again = await house.two.copy(from.bucket, null, true, true);
		await house.two.succeeded(again.copyId);
		expect((await house.two.report(again.copyId)).keys[0]?.outcome).toBe(tells ? 'kept' : 'newNeeded');
	});

	it('copies from an S3 outside with a secret that stays nowhere', async () => {
		const from = await bucketOf(house.two.source);
		await putMany(from, 30);
		const outside = {
			...{
				kind: 'outside' as const,
				endpoint: house.two.source.endpoint(),
				region: source.storageAdmin.region,
			},
			...{ accessKeyId: from.key.id, isPathStyle: true, isInOwnNetwork: false },
		} as const;
		const on = { serviceId: house.two.targetId, source: outside };
		const secret = from.key.secret.reveal();
		const { buckets } = await house.two.api.check({ ...on, secret });
		expect(buckets?.map(({ name }) => name) ?? [from.bucket]).toContain(from.bucket);
		const wrong = house.two.api.check({ ...on, secret: 'x'.repeat(40) });
		expect(await refusalOf(wrong)).toMatchObject({ code: 'COPY_SOURCE_LOGIN' });

		const { copyId } = await house.two.api.create({
			...{ ...on, secret, buckets: [{ source: from.bucket, target: null, isIntoExisting: false }] },
		});
		expect(await house.two.succeeded(copyId)).toMatchObject({ copied: 30, missing: 0, targetObjects: 30 });
		const rows = [operations, auditLog, storageCopies].map((table) =>
			house.two.app.db.select().from(table).all(),
		);
		expect(JSON.stringify(rows)).not.toContain(secret);
		expect(
			house.two.app.db
				.select()
				.from(storageCopies)
				.all()
				.every(({ secretCell }) => secretCell === null),
		).toBe(true);
	});
}
