import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { draftFrom, keepDraft, retryAddress } from './create-draft';

const kept = new Map<string, string>();
beforeEach(() =>
	vi.stubGlobal('sessionStorage', {
		getItem: (key: string) => kept.get(key) ?? null,
		setItem: (key: string, value: string) => void kept.set(key, value),
	}),
);
afterEach(() => {
	kept.clear();
	vi.unstubAllGlobals();
});

const draft = { engine: 'postgres', version: '17', name: 'shop-prod', memoryBytes: 1_073_741_824 };

test('trying again fills the page with what was asked for', () => {
	keepDraft('opr_1', { ...draft, kind: 'database' });
	const address = new URL(retryAddress({ id: 'opr_1', serviceName: 'shop-prod' }), 'http://localhost');
	expect(address.pathname).toBe('/databases/new');
	expect(draftFrom(address.searchParams)).toEqual(draft);
});

test('a storage server is tried again on its own page', () => {
	const limited = { ...draft, engine: 'garage', dataLimitBytes: 5_368_709_120 };
	keepDraft('opr_3', { ...limited, kind: 'storage' });
	const address = new URL(retryAddress({ id: 'opr_3', serviceName: 'files' }), 'http://localhost');
	expect(address.pathname).toBe('/storage/new');
	expect(draftFrom(address.searchParams)).toEqual(limited);
});

test('another browser knows at least the name', () => {
	const address = new URL(retryAddress({ id: 'opr_2', serviceName: 'shop-prod' }), 'http://localhost');
	expect(draftFrom(address.searchParams)).toEqual({ name: 'shop-prod' });
});

test('a size that is none is left out', () => {
	for (const size of ['', '-1', '1.5', 'NaN', '9e99'])
		expect(draftFrom(new URLSearchParams({ memoryBytes: size, dataLimitBytes: size }))).toEqual({});
});
