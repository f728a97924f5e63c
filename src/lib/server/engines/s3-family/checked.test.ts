import { expect, it } from 'vitest';
import { isAppError } from '../../errors';
import type { BucketKeys } from '../storage';
import { oneAtATime } from '../turns';
import { checkedKeys } from './checked';
import { newKey } from './key-material';

const full = { read: true, write: true, owner: true };

function recorded(): { reached: string[]; keys: BucketKeys } {
	const reached: string[] = [];
	const reach = (name: string) => async () => void reached.push(name);
	const engine: BucketKeys = {
		list: async () => ({ items: [], nextCursor: null, total: 0 }),
		find: async () => null,
		...{ import: reach('import'), update: reach('update'), remove: reach('remove') },
		setPermission: reach('setPermission'),
		exportSecret: null,
	};
	return { reached, keys: checkedKeys(engine, oneAtATime()) };
}

const key = { ...newKey(), description: '', expiresAt: null, permissions: [] };
const own = newKey({ isOwn: true }).id;

it.each<[string, string, (keys: BucketKeys) => Promise<unknown>]>([
	['an id of sh0’s own', 'NAME_RESERVED', (keys) => keys.import({ ...key, id: own })],
	['an end that is no moment', 'BAD_INPUT', (keys) => keys.import({ ...key, expiresAt: new Date(NaN) })],
	[
		'a bucket that cannot be',
		'BUCKET_NOT_FOUND',
		(keys) => keys.import({ ...key, permissions: [{ bucket: '../x', ...full }] }),
	],
	['a change of sh0’s own', 'STORAGE_KEY_NOT_FOUND', (keys) => keys.update({ id: own, description: 'x' })],
	['a description with a line', 'BAD_INPUT', (keys) => keys.update({ id: key.id, description: 'a\nb' })],
	['an end that is none', 'BAD_INPUT', (keys) => keys.update({ id: key.id, expiresAt: new Date(NaN) })],
	[
		'rights in a bucket that cannot be',
		'BUCKET_NOT_FOUND',
		(keys) => keys.setPermission({ id: key.id, bucket: 'A', permission: full }),
	],
	['the removal of sh0’s own', 'STORAGE_KEY_NOT_FOUND', (keys) => keys.remove(own)],
	['a look at sh0’s own', 'STORAGE_KEY_NOT_FOUND', (keys) => keys.find(own)],
])('lets %s reach no engine', async (_what, code, attempt) => {
	const { reached, keys } = recorded();
	await expect(attempt(keys)).rejects.toSatisfy((error: unknown) => isAppError(error) && error.code === code);
	expect(reached).toEqual([]);
});

it('passes on what is sound', async () => {
	const { reached, keys } = recorded();
	await keys.import({ ...key, permissions: [{ bucket: 'files', ...full }] });
	await keys.update({ id: key.id, description: 'x', expiresAt: null });
	await keys.setPermission({ id: key.id, bucket: 'files', permission: full });
	await keys.remove(key.id);
	expect(reached).toEqual(['import', 'update', 'setPermission', 'remove']);
});
