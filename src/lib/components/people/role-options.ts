import type { Option } from '$lib/components/ui/option';
import { m } from '$lib/i18n/generated/messages';
import { roleWords } from '$lib/i18n/words';
import { hasRole, roles, type Role } from '$lib/shared/roles';

const hints: Record<Role, () => string> = {
	owner: m.members_role_owner_hint,
	admin: m.members_role_admin_hint,
	operator: m.members_role_operator_hint,
	viewer: m.members_role_viewer_hint,
};

/** The roles that a person with this role may give, each with what it means. */
export function roleOptions(own: Role): Option<Role>[] {
	return roles
		.filter((role) => hasRole(own, role))
		.map((role) => ({ value: role, label: roleWords[role](), hint: hints[role]() }));
}
