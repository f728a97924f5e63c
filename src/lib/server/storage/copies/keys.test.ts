import { expect, it } from 'vitest';
import type { BucketKeys, BucketPermission, StorageKeyInfo } from '../../engines/storage';
import { assertKeyId, assertNewKey } from '../../engines/s3-family/checks';
import { AppError } from '../../errors';
import { Secret } from '../../secret';
import { copyKeys } from './keys';

const [read, write, both] = [
	{ read: true, write: false, owner: false },
	{ read: false, write: true, owner: false },
	{ read: true, write: true, owner: false },
];

type Kept = { secret: Secret; info: StorageKeyInfo };
type Rights = (BucketPermission & { bucket: string })[];

/** The keys of one server, with the checks that every engine makes. */
class Keys implements BucketKeys {
	readonly #kept = new Map<string, Kept>();
	readonly exportSecret: BucketKeys['exportSecret'];
	readonly #refusesRights: AppError | null;

	constructor({
		tells = true,
		refusesRights = null,
	}: { tells?: boolean; refusesRights?: AppError | null } = {}) {
		this.#refusesRights = refusesRights;
		this.exportSecret = tells ? (id) => Promise.resolve(this.#get(id).secret) : null;
	}

	add(id: string, secret: string, permissions: Rights): this {
		const info = { name: id, description: '', createdAt: null, expiresAt: null, permissions };
		this.#kept.set(id, { secret: new Secret(secret), info: { ...info, hasOtherRights: false } });
		return this;
	}

	rights(id: string): Rights | undefined {
		return this.#kept.get(id)?.info.permissions;
	}

	list = () => {
		const items = [...this.#kept.values()].map(({ info }) => info);
		return Promise.resolve({ items, total: items.length, nextCursor: null });
	};
	find = async (id: string) => {
		assertKeyId(id);
		return Promise.resolve(this.#kept.get(id)?.info ?? null);
	};
	import = async (input: Parameters<BucketKeys['import']>[0]) => {
		assertNewKey(input);
		this.add(input.id, input.secret.reveal(), input.permissions);
		return Promise.resolve();
	};
	update = () => Promise.resolve();
	remove = () => Promise.resolve();
	setPermission: BucketKeys['setPermission'] = ({ id, bucket, permission }) => {
		if (this.#refusesRights !== null) return Promise.reject(this.#refusesRights);
		const { info } = this.#get(id);
		info.permissions = [
			...info.permissions.filter((one) => one.bucket !== bucket),
			{ bucket, ...permission },
		];
		return Promise.resolve();
	};

	#get(id: string): Kept {
		assertKeyId(id);
		const kept = this.#kept.get(id);
		if (kept === undefined) throw new AppError('STORAGE_KEY_NOT_FOUND');
		return kept;
	}
}

const [one, two, byHand] = ['KEYNUMBERONE', 'KEYNUMBERTWO', 'GK0123456789abcdef01234567'];
const [secret, other] = ['s'.repeat(40), 'o'.repeat(40)];
const outcomes = async (source: Keys, target: Keys) =>
	(await copyKeys({ keys: source }, { keys: target }, new Map([['a', 'b']]))).map(({ id, outcome }) => [
		id,
		outcome,
	]);

it('carries the others over when one cannot be', async () => {
	const source = new Keys().add(byHand, secret, [{ bucket: 'a', ...read }]);
	source.add(two, 'short', [{ bucket: 'a', ...read }]).add(one, secret, [{ bucket: 'a', ...write }]);
	const target = new Keys();
	expect(await outcomes(source, target)).toEqual([
		[byHand, 'refused'],
		[two, 'refused'],
		[one, 'carried'],
	]);
	expect(target.rights(one)).toEqual([{ bucket: 'b', ...write }]);
});

it('carries the others over when the target refuses rights to one', async () => {
	const source = new Keys().add(one, secret, [{ bucket: 'a', ...read }]);
	source.add(two, secret, [{ bucket: 'a', ...read }]);
	const refusesRights = new AppError('ENGINE_REFUSED');
	const target = new Keys({ refusesRights }).add(one, secret, []);
	expect(await outcomes(source, target)).toEqual([
		[one, 'refused'],
		[two, 'carried'],
	]);
	const away = new Keys({ refusesRights: new AppError('ENGINE_UNREACHABLE') }).add(one, secret, []);
	await expect(outcomes(source, away)).rejects.toThrow('ENGINE_UNREACHABLE');
});

it('takes no right from a key that the target has already', async () => {
	const source = new Keys({ tells: false }).add(one, secret, [{ bucket: 'a', ...read }]);
	const target = new Keys().add(one, secret, [
		{ bucket: 'b', ...write },
		{ bucket: 'c', ...read },
	]);
	expect(await outcomes(source, target)).toEqual([[one, 'kept']]);
	expect(target.rights(one)).toEqual([
		{ bucket: 'c', ...read },
		{ bucket: 'b', ...both },
	]);
});

it('gives nothing to another key of the same id', async () => {
	const source = new Keys().add(one, secret, [{ bucket: 'a', ...read }]);
	const target = new Keys().add(one, other, [{ bucket: 'b', ...write }]);
	expect(await outcomes(source, target)).toEqual([[one, 'refused']]);
	expect(target.rights(one)).toEqual([{ bucket: 'b', ...write }]);
});
