import { z } from 'zod';
import { idSchema } from '$lib/shared/ids';
import { hasRole, roles } from '$lib/shared/roles';
import { email, label, noInput } from '../auth/schemas';
import { router } from '../trpc/init';
import { inProject, instanceProcedure, onInvitation, signedIn } from '../trpc/procedures';
import { done } from '../trpc/schemas';
import * as repository from './repository';
import * as service from './service';

const projectId = idSchema('project');
const userId = idSchema('user');
const invitationId = idSchema('invitation');
const role = z.enum(roles);
const name = label(64);

const projectView = z.strictObject({ id: projectId, name: z.string(), role, createdAt: z.date() });

export const projectsRouter = router({
	list: signedIn
		.input(noInput)
		.output(z.array(projectView))
		.query(({ ctx }) => service.listProjects(ctx.app.db, ctx.identity)),

	create: instanceProcedure
		.input(z.strictObject({ name }))
		.output(projectView)
		.mutation(({ ctx, input }) => service.createProject(ctx.app.db, ctx.identity, input.name)),

	rename: inProject
		.input(z.strictObject({ projectId, name }))
		.output(done)
		.mutation(({ ctx, input }) => {
			service.renameProject(ctx.app.db, ctx.project.id, input.name);
			return {};
		}),
});

export const membersRouter = router({
	list: inProject
		.input(z.strictObject({ projectId }))
		.output(
			z.array(
				z.strictObject({
					userId,
					email: z.string(),
					role,
					/** Null to whoever has no business knowing. */
					hasSecondFactor: z.boolean().nullable(),
					joinedAt: z.date(),
				}),
			),
		)
		.query(({ ctx }) => {
			const reader = { userId: ctx.identity.user.id, isAdmin: hasRole(ctx.project.role, 'admin') };
			return repository.listMembers(ctx.app.db, ctx.project.id, reader);
		}),

	setRole: inProject
		.input(z.strictObject({ projectId, userId, role }))
		.output(done)
		.mutation(({ ctx, input }) => {
			const membership = { projectId: ctx.project.id, userId: input.userId };
			service.setRole(ctx.app, membership, input.role);
			return {};
		}),

	remove: inProject
		.input(z.strictObject({ projectId, userId }))
		.output(done)
		.mutation(({ ctx, input }) => {
			service.removeMember(ctx.app, { projectId: ctx.project.id, userId: input.userId });
			return {};
		}),

	leave: inProject
		.input(z.strictObject({ projectId }))
		.output(done)
		.mutation(({ ctx }) => {
			service.removeMember(ctx.app, { projectId: ctx.project.id, userId: ctx.identity.user.id });
			return {};
		}),
});

export const invitationsRouter = router({
	list: inProject
		.input(z.strictObject({ projectId }))
		.output(
			z.array(
				z.strictObject({
					id: invitationId,
					email: z.string(),
					role,
					invitedBy: z.string(),
					createdAt: z.date(),
					expiresAt: z.date(),
				}),
			),
		)
		.query(({ ctx }) => repository.listInvitations(ctx.app.db, ctx.project.id)),

	/** `path` is the link without the panel's own address. */
	create: inProject
		.input(z.strictObject({ projectId, email, role }))
		.output(z.strictObject({ invitationId, token: z.string(), path: z.string(), expiresAt: z.date() }))
		.mutation(({ ctx, input }) => {
			const { email, role } = input;
			const created = service.createInvitation(ctx.app, ctx, { email, role });
			const token = created.token.reveal();
			return { ...created, token, path: `/invitation?token=${token}` };
		}),

	revoke: onInvitation
		.input(z.strictObject({ invitationId }))
		.output(done)
		.mutation(({ ctx }) => {
			service.revokeInvitation(ctx.app.db, ctx.invitation.id);
			return {};
		}),
});
