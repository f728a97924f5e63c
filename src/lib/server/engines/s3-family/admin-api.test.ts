import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { isAppError } from '../../errors';
import { checkedAnswer, jsonOf, refusalBy, withClient } from './admin-api';

const codes = { NoSuchBucket: 'BUCKET_NOT_FOUND' } as const;
const refusal = (status: number, code: string) => refusalBy({ status, code }, { name: 'TestFault', codes });

describe('a refusal', () => {
	it.each([
		[404, 'NoSuchBucket', 'BUCKET_NOT_FOUND', {}],
		[403, 'AccessDenied', 'ENGINE_UNREACHABLE', { reason: 'login' }],
		[401, 'unknown', 'ENGINE_UNREACHABLE', { reason: 'login' }],
		[503, 'InternalError', 'ENGINE_NOT_READY', {}],
		[400, 'InvalidRequest', 'ENGINE_REFUSED', { code: 'InvalidRequest' }],
	])('of %i %s means %s', (status, code, meaning, details) => {
		expect(refusal(status, code)).toMatchObject({ code: meaning, details });
	});
});

describe('an answer', () => {
	it('is read in its form, and refused in any other without being quoted', () => {
		const schema = z.object({ size: z.number() });
		expect(checkedAnswer('usage', schema, jsonOf(Buffer.from('{"size":5,"more":1}')))).toEqual({ size: 5 });
		for (const text of ['', '{"size":"hunter2"}']) {
			const read = () => checkedAnswer('usage', schema, jsonOf(Buffer.from(text)));
			expect(read).toThrow(expect.objectContaining({ code: 'ENGINE_REFUSED', details: { code: 'answer' } }));
			expect(read).not.toThrow(/hunter2/);
		}
	});
});

it('closes a client however its use ends', async () => {
	let closed = 0;
	const client = { close: () => (closed += 1) };
	expect(await withClient(client, async () => 'done')).toBe('done');
	await expect(withClient(client, () => Promise.reject(refusal(404, 'NoSuchBucket')))).rejects.toSatisfy(
		(error: unknown) => isAppError(error, 'BUCKET_NOT_FOUND'),
	);
	expect(closed).toBe(2);
});
