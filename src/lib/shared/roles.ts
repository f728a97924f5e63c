/** Roles in a project, strongest first. operator runs and backs up but sees no secret; viewer only looks. */
export const roles = ['owner', 'admin', 'operator', 'viewer'] as const;
export type Role = (typeof roles)[number];

/** What an API token may be allowed to do; its effect is never more than its maker's own role. */
export const tokenScopes = ['read', 'operate', 'manage', 'secrets', 'members'] as const;
export type TokenScope = (typeof tokenScopes)[number];

const rank: Record<Role, number> = { owner: 3, admin: 2, operator: 1, viewer: 0 };

/** True when `role` is at least as strong as `needed`. */
export function hasRole(role: Role, needed: Role): boolean {
	return rank[role] >= rank[needed];
}

/** The weakest role to which a scope is of any use, and so the weakest that may give it to a token. */
export const scopeRole: Record<TokenScope, Role> = {
	read: 'viewer',
	operate: 'operator',
	manage: 'admin',
	secrets: 'admin',
	members: 'admin',
};
