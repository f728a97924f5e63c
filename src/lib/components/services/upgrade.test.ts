import { expect, it } from 'vitest';
import { upgradeStateOf } from './upgrade';

const heard = (isAvailable: boolean) => ({ isAvailable, reason: null, checkedAt: new Date() });

it('says what was heard of a newer image', () => {
	expect(upgradeStateOf(null, heard(true))).toBe('available');
	expect(upgradeStateOf(null, heard(false))).toBe('newest');
	expect(upgradeStateOf(null, null)).toBe('unknown');
});

it('says nothing of the image while an upgrade may still be taken back', () => {
	const operation = { id: 'opr_1', kind: 'service.upgrade' as const };
	expect([heard(true), heard(false), null].map((upgrade) => upgradeStateOf(operation, upgrade))).toEqual([
		...['running', 'running', 'running'],
	]);
	expect(upgradeStateOf({ id: 'opr_1', kind: 'service.restart' }, heard(false))).toBe('newest');
});
