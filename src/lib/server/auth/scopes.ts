import { and, eq, inArray, or, type SQL } from 'drizzle-orm';
import type { Role } from '$lib/shared/roles';
import type { Db } from '../db/client';
import { apiTokens, invitations, members, operations, projects, services } from '../db/schema';
import type { Identity } from './identity';

/** A project as the caller stands in it. */
export type ProjectAccess = { id: string; name: string; role: Role };

/** A row together with the caller's place in its project. */
export type Scoped<Row> = { project: ProjectAccess; row: Row };

const projectAccess = { id: projects.id, name: projects.name, role: members.role };

/** The caller's membership in the joined project; an API token sees no project but its own. */
function isMember(identity: Identity): SQL | undefined {
	return and(
		eq(members.projectId, projects.id),
		eq(members.userId, identity.user.id),
		identity.via.kind === 'token' ? eq(projects.id, identity.via.projectId) : undefined,
	);
}

/** The project, or null when it does not exist or is foreign: the two cannot be told apart. */
export function projectScope(
	db: Db,
	identity: Identity,
	projectId: string,
): Scoped<typeof projects.$inferSelect> | null {
	const found = db
		.select({ project: projectAccess, row: projects })
		.from(projects)
		.innerJoin(members, isMember(identity))
		.where(eq(projects.id, projectId))
		.get();
	return found ?? null;
}

/** The service with its project, or null when it does not exist or is foreign. Holds those in the trash too. */
export function serviceScope(
	db: Db,
	identity: Identity,
	serviceId: string,
): Scoped<typeof services.$inferSelect> | null {
	const found = db
		.select({ project: projectAccess, row: services })
		.from(services)
		.innerJoin(projects, eq(projects.id, services.projectId))
		.innerJoin(members, isMember(identity))
		.where(eq(services.id, serviceId))
		.get();
	return found ?? null;
}

/** The operation with its project, or null when it does not exist or is foreign. */
export function operationScope(
	db: Db,
	identity: Identity,
	operationId: string,
): Scoped<typeof operations.$inferSelect> | null {
	const found = db
		.select({ project: projectAccess, row: operations })
		.from(operations)
		.innerJoin(projects, eq(projects.id, operations.projectId))
		.innerJoin(members, isMember(identity))
		.where(eq(operations.id, operationId))
		.get();
	return found ?? null;
}

/** The API token with its project, or null when it does not exist, is foreign, or is another member's and the caller is no admin. */
export function tokenScope(
	db: Db,
	identity: Identity,
	tokenId: string,
): Scoped<typeof apiTokens.$inferSelect> | null {
	const found = db
		.select({ project: projectAccess, row: apiTokens })
		.from(apiTokens)
		.innerJoin(projects, eq(projects.id, apiTokens.projectId))
		.innerJoin(members, isMember(identity))
		.where(
			and(
				eq(apiTokens.id, tokenId),
				or(eq(apiTokens.userId, identity.user.id), inArray(members.role, ['owner', 'admin'])),
			),
		)
		.get();
	return found ?? null;
}

/** The invitation with its project, or null when it does not exist or is foreign. */
export function invitationScope(
	db: Db,
	identity: Identity,
	invitationId: string,
): Scoped<typeof invitations.$inferSelect> | null {
	const found = db
		.select({ project: projectAccess, row: invitations })
		.from(invitations)
		.innerJoin(projects, eq(projects.id, invitations.projectId))
		.innerJoin(members, isMember(identity))
		.where(eq(invitations.id, invitationId))
		.get();
	return found ?? null;
}
