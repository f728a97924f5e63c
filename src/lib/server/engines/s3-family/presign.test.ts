import { describe, expect, it } from 'vitest';
import { Secret } from '../../secret';
import { isOwnSignature, presign, queryText } from './presign';

const access = { region: 'garage', accessKeyId: 'SH0KEY', secretAccessKey: new Secret('s'.repeat(40)) };
const now = new Date('2026-01-02T03:04:05.678Z');

it('signs one request for one hour, without the secret and for the one host', async () => {
	const query = await presign(
		access,
		{ method: 'GET', bucket: 'b', key: 'a/b', expiresInSeconds: 3_600 },
		now,
	);
	expect(Object.fromEntries(query)).toMatchObject({
		'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
		'X-Amz-Credential': 'SH0KEY/20260102/garage/s3/aws4_request',
		'X-Amz-Date': '20260102T030405Z',
		'X-Amz-Expires': '3600',
		'X-Amz-SignedHeaders': 'host',
		'X-Amz-Signature': expect.stringMatching(/^[0-9a-f]{64}$/),
	});
	expect(queryText(query)).not.toContain('sss');
});

it('signs another request differently', async () => {
	const base = { method: 'PUT', bucket: 'b', key: 'a', expiresInSeconds: 900 } as const;
	const part = { ...base, query: { uploadId: 'x/+', partNumber: '1' } };
	const all = [base, { ...base, key: 'c' }, part, { ...part, query: { ...part.query, partNumber: '2' } }];
	const signed = await Promise.all(all.map((request) => presign(access, request, now)));
	expect(new Set(signed.map((query) => Object.fromEntries(query)['X-Amz-Signature'])).size).toBe(all.length);
	expect(queryText(signed[2] ?? [])).toContain('uploadId=x%2F%2B');
});

describe('a signature of our own', () => {
	const link = { method: 'GET', bucket: 'b', key: 'a', expiresInSeconds: 900 } as const;

	it('is what presign makes, in any order', async () => {
		const query = await presign(access, link, now);
		expect(isOwnSignature(query)).toBe(true);
		expect(isOwnSignature(query.toReversed())).toBe(true);
	});

	it('is none of a key of an app’s, and has no more and no less', async () => {
		const query = await presign(access, link, now);
		const without = (name: string) => query.filter(([other]) => other !== name);
		const others: [string, string][][] = [
			await presign({ ...access, accessKeyId: 'AKIAEXAMPLE' }, link, now),
			[...query, ['X-Amz-Credential', 'AKIAEXAMPLE/20260102/garage/s3/aws4_request']],
			[['X-Amz-Credential', 'SH0KEY'], ...query],
			[...query, ['X-Amz-Security-Token', 'x']],
			[...query, ['response-content-type', 'text/javascript']],
			[...query, ['versionId', 'null']],
			[...query, ['x-amz-credential', 'AKIAEXAMPLE']],
			...query.map(([name]) => without(name)),
			[],
		];
		for (const other of others) expect([other, isOwnSignature(other)]).toEqual([other, false]);
	});
});
