import { expect, it } from 'vitest';
import type { BucketKeys, BucketPermission, StorageKeyInfo } from '../../engines/storage';
import { assertKeyId, assertNewKey } from '../../engines/s3-family/checks';
import { AppError } from '../../errors';
import { Secret } from '../../secret';
import { copyKeys, type BegunKeys } from './keys';

const [read, write, both] = [
	{ read: true, write: false, owner: false },
	{ read: false, write: true, owner: false },
	{ read: true, write: true, owner: false },
];

type Kept = { secret: Secret; info: StorageKeyInfo };
type Rights = (BucketPermission & { bucket: string })[];

const hasRights = ({ permissions }: StorageKeyInfo) => permissions.length > 0;

/** The keys of one server, with the checks that every engine makes. */
class Keys implements BucketKeys {
	readonly #kept = new Map<string, Kept>();
	readonly exportSecret: BucketKeys['exportSecret'];
	readonly #refusesRights: AppError | null;
	/** It goes away before it is told of a key's end and rights. */
	#goesAway: boolean;

	constructor({
		tells = true,
		refusesRights = null,
		goesAway = false,
	}: { tells?: boolean; refusesRights?: AppError | null; goesAway?: boolean } = {}) {
		this.#refusesRights = refusesRights;
		this.#goesAway = goesAway;
		this.exportSecret = tells ? (id) => Promise.resolve(this.#get(id).secret) : null;
	}

	add(id: string, secret: string, permissions: Rights, expiresAt: Date | null = null): this {
		const info = { name: id, description: '', createdAt: null, expiresAt, permissions };
		this.#kept.set(id, { secret: new Secret(secret), info: { ...info, hasOtherRights: false } });
		return this;
	}

	rights(id: string): Rights | undefined {
		return this.#kept.get(id)?.info.permissions;
	}

	end(id: string): Date | null | undefined {
		return this.#kept.get(id)?.info.expiresAt;
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
		this.add(input.id, input.secret.reveal(), [], this.#goesAway ? null : input.expiresAt);
		if (this.#goesAway) {
			this.#goesAway = false;
			throw new AppError('ENGINE_UNREACHABLE');
		}
		this.#get(input.id).info.permissions = input.permissions;
		return Promise.resolve();
	};
	update: BucketKeys['update'] = ({ id, expiresAt }) => {
		const { info } = this.#get(id);
		if (hasRights(info)) throw new Error('a key with rights is given another end');
		if (expiresAt !== undefined) info.expiresAt = expiresAt;
		return Promise.resolve();
	};
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
const outcomes = async (source: Keys, target: Keys, begun = new Set<string>()) => {
	const isBegun: BegunKeys = { has: (id) => begun.has(id), add: ({ id }) => begun.add(id) };
	const copied = await copyKeys({ keys: source }, { keys: target }, new Map([['a', 'b']]), isBegun);
	return copied.map(({ id, outcome }) => [id, outcome]);
};

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

const [soon, late] = [new Date(Date.now() + 3_600_000), new Date(Date.now() + 7_200_000)];

it('gives a key its end before its rights when the server went away in between', async () => {
	const source = new Keys().add(one, secret, [{ bucket: 'a', ...read }], soon);
	const target = new Keys({ goesAway: true });
	const begun = new Set<string>();
	await expect(outcomes(source, target, begun)).rejects.toThrow('ENGINE_UNREACHABLE');
	expect([target.rights(one), target.end(one)]).toEqual([[], null]);
	expect(await outcomes(source, target, begun)).toEqual([[one, 'carried']]);
	expect([target.rights(one), target.end(one)]).toEqual([[{ bucket: 'b', ...read }], soon]);
});

it('gives a key that had no rights no later end, and one that had some no other', async () => {
	const source = new Keys().add(one, secret, [{ bucket: 'a', ...read }], late);
	source.add(two, secret, [{ bucket: 'a', ...read }], soon);
	const target = new Keys().add(one, secret, [], soon).add(two, secret, [{ bucket: 'c', ...read }]);
	expect(await outcomes(source, target)).toEqual([
		[one, 'kept'],
		[two, 'kept'],
	]);
	expect([target.end(one), target.end(two)]).toEqual([soon, null]);
});

it('says of a key of this copy that it was carried over, however often that is tried', async () => {
	const source = new Keys().add(one, secret, [{ bucket: 'a', ...read }]);
	const target = new Keys();
	const begun = new Set<string>();
	await outcomes(source, target, begun);
	expect(await outcomes(source, target, begun)).toEqual([[one, 'carried']]);
	expect(await outcomes(source, target)).toEqual([[one, 'kept']]);
});
