import { eq, or } from 'drizzle-orm';
import { tokenScopes, type TokenScope } from '$lib/shared/roles';
import type { App } from '../app';
import { createToken, MAX_TOKEN_DAYS } from '../auth/tokens';
import { projects, users } from '../db/schema/index';
import { isAppError } from '../errors';
import { parse, required, UsageError, type Command } from './command';
import { audited, withApp } from './house';

const DEFAULT_DAYS = '90';

function parseScopes(text: string): TokenScope[] {
	return text.split(',').map((part) => {
		const scope = tokenScopes.find((candidate) => candidate === part.trim());
		if (scope === undefined) throw new UsageError(`--scopes takes some of ${tokenScopes.join(', ')}.`);
		return scope;
	});
}

function parseDays(text: string): number {
	const days = Number(text);
	if (Number.isInteger(days) && days >= 1 && days <= MAX_TOKEN_DAYS) return days;
	throw new UsageError(`--expires-days takes a whole number from 1 to ${MAX_TOKEN_DAYS}.`);
}

/** The project of this id or name. */
function findProject({ db }: App, wanted: string) {
	const found = db
		.select()
		.from(projects)
		.where(or(eq(projects.id, wanted), eq(projects.name, wanted)))
		.all();
	const [project, another] = found;
	if (project === undefined) throw new UsageError(`There is no project "${wanted}".`);
	if (another === undefined) return project;
	const ids = found.map(({ id }) => id).join(', ');
	throw new UsageError(`There are several projects "${wanted}"; name one by its id: ${ids}.`);
}

function findUser({ db }: App, email: string) {
	const user = db.select().from(users).where(eq(users.email, email.trim().toLowerCase())).get();
	if (user === undefined) throw new UsageError(`There is no account with the e-mail ${email}.`);
	return user;
}

/** Makes an API token for a member of a project; only the token itself goes to standard output, so that a script can take it. */
export const tokenCreate: Command = {
	usage: `token create --project P --name N --scopes read,manage --email E [--expires-days ${DEFAULT_DAYS}]`,
	summary: 'Makes an API token of member E for project P (its name or id) and prints it this once.',
	async run(args, io) {
		const { values } = parse({
			args,
			options: {
				project: { type: 'string' },
				name: { type: 'string' },
				scopes: { type: 'string' },
				email: { type: 'string' },
				'expires-days': { type: 'string', default: DEFAULT_DAYS },
			},
		});
		const name = required(values, 'name').trim().slice(0, 100);
		const scopes = parseScopes(required(values, 'scopes'));
		const expiresInDays = parseDays(values['expires-days']);
		return withApp(io, async (app) => {
			const project = findProject(app, required(values, 'project'));
			const user = findUser(app, required(values, 'email'));
			const record = {
				action: 'tokens.create',
				projectId: project.id,
				target: { kind: 'token', id: null, name },
			};
			const created = await audited(app, record, () =>
				createToken(app, { userId: user.id, projectId: project.id, name, scopes, expiresInDays }),
			).catch((error: unknown) => {
				if (isAppError(error, 'ROLE_TOO_LOW')) {
					const text = `${user.email} is only ${String(error.details['role'])} of the project ${project.name}: not all of these scopes are theirs to give.`;
					throw new UsageError(text, { cause: error });
				}
				if (!isAppError(error, 'NOT_FOUND')) throw error;
				throw new UsageError(`${user.email} is not a member of the project ${project.name}.`, {
					cause: error,
				});
			});
			io.err(
				`Token "${name}" for ${project.name}, valid until ${created.expiresAt.toISOString()}. It is shown this once:`,
			);
			io.out(created.token.reveal());
			return 0;
		});
	},
};
