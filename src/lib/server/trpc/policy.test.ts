import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { policy } from '../auth/policy';
import { proceduresOf } from '../testing/procedures';

const procedures = proceduresOf();

describe('the policy table', () => {
	it('has a row for every procedure, and no other', () => {
		expect(procedures.map(({ path }) => path).sort()).toEqual(Object.keys(policy).sort());
	});

	it('lets only setup, login and acceptInvitation be public', () => {
		const open = Object.entries(policy).filter(([, row]) => row.scope === 'public');
		expect(open.map(([path]) => path).sort()).toEqual(['auth.acceptInvitation', 'auth.login', 'auth.setup']);
	});

	it.each(['members.setRole', 'invitations.create', 'tokens.create', 'projects.create'] as const)(
		'lets no token do %s, which could give more than the token has',
		(path) => expect(policy[path].token).toBeNull(),
	);

	it.each(procedures.filter(({ type }) => type !== 'subscription'))(
		'$path declares what it answers',
		({ outputSchema }) => {
			expect(outputSchema).toBeInstanceOf(z.ZodType);
		},
	);

	it.each(procedures)('$path declares what it takes', ({ inputSchemas, path }) => {
		const isWithoutInput = ['auth.me', 'auth.logout', 'sessions.list', 'projects.list'].includes(path);
		expect(inputSchemas.length > 0 || isWithoutInput).toBe(true);
	});
});
