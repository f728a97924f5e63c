import { describe, expect, it } from 'vitest';
import { policy, type PolicyRow } from '$lib/server/auth/policy';
import { hasRole, scopeRole, tokenScopes } from '$lib/shared/roles';

const rows: PolicyRow[] = Object.values(policy);

describe('scopeRole', () => {
	it.each(tokenScopes)('%s is offered from the weakest role that the policy lets use it', (scope) => {
		const needed = rows.flatMap((row) => ('role' in row && row.token === scope ? [row.role] : []));
		expect(needed.length).toBeGreaterThan(0);
		expect(needed.every((role) => hasRole(role, scopeRole[scope]))).toBe(true);
		expect(needed).toContain(scopeRole[scope]);
	});
});
