import { expect, it } from 'vitest';
import type { z } from 'zod';
import { databasePasswordSchema, serviceNameSchema } from './name-schemas';

function refusalOf(schema: z.ZodType, input: string) {
	const issue = schema.safeParse(input).error?.issues[0];
	return issue?.code === 'custom' ? { code: issue.message, ...issue.params } : null;
}

it.each([
	['', 'empty'],
	['a', 'length'],
	['a'.repeat(300), 'length'],
	['Orders', 'characters'],
	['or😀ders', 'characters'],
	['a\0b', 'characters'],
	['1orders', 'beginning'],
	['-orders', 'beginning'],
	['orders-', 'ends'],
])('says why a service may not be called %j', (name, reason) => {
	expect(refusalOf(serviceNameSchema, name)).toEqual({ code: 'NAME_INVALID', reason });
});

it.each([
	['a'.repeat(300), { reason: 'length', max: 256 }],
	['password\0', { reason: 'control' }],
	['password\ud800', { reason: 'surrogate' }],
])('says why %j is no password', (password, details) => {
	expect(refusalOf(databasePasswordSchema, password)).toEqual({ code: 'PASSWORD_UNUSABLE', ...details });
});
