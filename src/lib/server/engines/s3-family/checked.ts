import type { StorageCapabilityMatrix } from '$lib/shared/storage-capabilities';
import type { CorsRule, LifecycleRule } from '$lib/shared/storage-rules';
import type { BucketKeys, StorageAdmin } from '../storage';
import type { Turns } from '../turns';
import {
	assertBucketName,
	assertCorsRules,
	assertDescription,
	assertExpiry,
	assertKeyId,
	assertLifecycleRules,
	assertNewKey,
} from './checks';

/**
 * Parts of a `StorageAdmin` as each engine gives them, once what is asked for has been checked: no unsound name, id or rule reaches an
 * engine, and changes run one after another.
 */

/** `get` and `set` come with checked input, `set` in its turn. */
type Rules<Got, Rule> = {
	get(bucket: string): Promise<Got>;
	set(bucket: string, rules: Rule[]): Promise<void>;
};

/** All come with checked input, those that change something in their turn. */
export function checkedKeys(keys: BucketKeys, inTurn: Turns): BucketKeys {
	const { exportSecret } = keys;
	return {
		list: (request) => keys.list(request),
		async find(id) {
			assertKeyId(id);
			return keys.find(id);
		},
		async import(input) {
			assertNewKey(input);
			assertExpiry(input.expiresAt);
			for (const { bucket } of input.permissions) assertBucketName(bucket);
			await inTurn(() => keys.import(input));
		},
		async update(input) {
			assertKeyId(input.id);
			assertDescription(input.description ?? '');
			assertExpiry(input.expiresAt ?? null);
			await inTurn(() => keys.update(input));
		},
		async setPermission({ id, bucket, permission: { read, write, owner } }) {
			assertKeyId(id);
			assertBucketName(bucket);
			await inTurn(() => keys.setPermission({ id, bucket, permission: { read, write, owner } }));
		},
		async remove(id) {
			assertKeyId(id);
			await inTurn(() => keys.remove(id));
		},
		exportSecret:
			exportSecret &&
			(async (id) => {
				assertKeyId(id);
				return exportSecret(id);
			}),
	};
}

/** `check` throws for rules that no engine is to see. */
function checkedRules<Got, Rule>(
	{ get, set }: Rules<Got, Rule>,
	check: (rules: Rule[]) => void,
	inTurn: Turns,
): { get(bucket: string): Promise<Got>; set(input: { bucket: string; rules: Rule[] }): Promise<void> } {
	return {
		async get(bucket) {
			assertBucketName(bucket);
			return get(bucket);
		},
		async set({ bucket, rules }) {
			assertBucketName(bucket);
			check(rules);
			await inTurn(() => set(bucket, rules));
		},
	};
}

export function checkedCors(
	rules: Rules<CorsRule[], CorsRule>,
	inTurn: Turns,
): NonNullable<StorageAdmin['cors']> {
	return checkedRules(rules, assertCorsRules, inTurn);
}

export function checkedLifecycle(
	rules: Rules<LifecycleRule[] | null, LifecycleRule>,
	{ capabilities, inTurn }: { capabilities: StorageCapabilityMatrix; inTurn: Turns },
): StorageAdmin['lifecycle'] {
	return checkedRules(rules, (asked) => assertLifecycleRules(asked, capabilities), inTurn);
}
