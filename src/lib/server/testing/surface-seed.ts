import type { Role, TokenScope } from '$lib/shared/roles';
import { roles, tokenScopes } from '$lib/shared/roles';
import { newOpaqueToken, sha256Hex } from '../auth/opaque-token';
import { writeTransaction, type Db } from '../db/client';
import {
	apiTokens,
	instance,
	invitations,
	members,
	operations,
	operationSteps,
	projects,
	services,
	sessions,
	users,
} from '../db/schema';
import { newId } from '../ids';

export type Person = { id: string; email: string; sessionToken: string; sessionId: string };

/** One project with a person in every role, and one row of everything an input can name. */
export type SeededProject = {
	projectId: string;
	serviceId: string;
	serviceName: string;
	operationId: string;
	tokenId: string;
	invitationId: string;
	/** A member that procedures may act upon. */
	member: Person;
	people: Record<Role, Person>;
};

let networkIndex = 1_000;

function insertPerson(tx: Db, isInstanceOwner: boolean): Person {
	const id = newId('user');
	const email = `${id}@example.test`;
	const sessionToken = newOpaqueToken();
	const now = new Date();
	tx.insert(users).values({ id, email, passwordHash: 'unusable', isInstanceOwner, createdAt: now }).run();
	const sessionId = sha256Hex(sessionToken);
	const expiresAt = new Date(now.getTime() + 3_600_000);
	tx.insert(sessions)
		.values({
			id: sessionId,
			userId: id,
			createdAt: now,
			lastSeenAt: now,
			expiresAt,
			ip: '127.0.0.1',
			userAgent: 'test',
		})
		.run();
	return { id, email, sessionToken, sessionId };
}

function insertMember(tx: Db, projectId: string, role: Role, isInstanceOwner = false): Person {
	const person = insertPerson(tx, isInstanceOwner);
	tx.insert(members).values({ projectId, userId: person.id, role, createdAt: new Date() }).run();
	return person;
}

/** Writes a whole project with new rows of every kind; its owner is the instance's owner too when asked. */
export function seedProject(db: Db, options: { isOwnersInstance?: boolean } = {}): SeededProject {
	return writeTransaction(db, (tx) => {
		const now = new Date();
		const later = new Date(now.getTime() + 86_400_000);
		const projectId = newId('project');
		tx.insert(projects)
			.values({ id: projectId, name: projectId, networkIndex: networkIndex++, createdAt: now })
			.run();
		const people: Record<Role, Person> = {
			owner: insertMember(tx, projectId, 'owner', options.isOwnersInstance ?? false),
			admin: insertMember(tx, projectId, 'admin'),
			operator: insertMember(tx, projectId, 'operator'),
			viewer: insertMember(tx, projectId, 'viewer'),
		};
		const member = insertMember(tx, projectId, 'viewer');
		const serviceId = newId('service');
		const serviceName = `s-${serviceId.slice(4, 14).replace(/[2-7]/g, 'x')}`;
		tx.insert(services)
			.values({
				id: serviceId,
				projectId,
				kind: 'database',
				engine: 'postgres',
				version: '18',
				name: serviceName,
				memoryBytes: 268_435_456,
				desiredState: 'stopped',
				phase: 'ready',
				imageRef: 'postgres:18',
				imageOrigin: 'registry',
				initializedAt: now,
				createdAt: now,
			})
			.run();
		const operationId = newId('operation');
		tx.insert(operations)
			.values({
				...{ id: operationId, projectId, serviceId, serviceName, kind: 'service.start', status: 'succeeded' },
				...{ input: {}, actor: 'test', createdAt: now, finishedAt: now },
			})
			.run();
		tx.insert(operationSteps).values({ operationId, position: 0, key: 'start', status: 'done' }).run();
		const tokenId = newId('token');
		tx.insert(apiTokens)
			.values({
				...{
					id: tokenId,
					userId: people.owner.id,
					projectId,
					name: 'seed',
					createdAt: now,
					expiresAt: later,
				},
				...{ tokenHash: sha256Hex(newOpaqueToken()), scopes: ['read'] },
			})
			.run();
		const invitationId = newId('invitation');
		tx.insert(invitations)
			.values({
				...{ id: invitationId, projectId, email: `i-${invitationId}@example.test`, role: 'viewer' },
				...{
					tokenHash: sha256Hex(newOpaqueToken()),
					invitedBy: people.owner.id,
					createdAt: now,
					expiresAt: later,
				},
			})
			.run();
		return { projectId, serviceId, serviceName, operationId, tokenId, invitationId, member, people };
	});
}

/** An API token of the project's owner with exactly these scopes. */
export function seedToken(db: Db, project: SeededProject, scopes: TokenScope[]): string {
	const token = `sh0_${newOpaqueToken()}`;
	const now = new Date();
	writeTransaction(db, (tx) =>
		tx
			.insert(apiTokens)
			.values({
				...{
					id: newId('token'),
					userId: project.people.owner.id,
					projectId: project.projectId,
					name: 'scoped',
					scopes,
				},
				...{ tokenHash: sha256Hex(token), createdAt: now, expiresAt: new Date(now.getTime() + 86_400_000) },
			})
			.run(),
	);
	return token;
}

/** Marks the set-up as done, so that the panel does not offer it. */
export function closeSetup(db: Db): void {
	writeTransaction(db, (tx) => tx.update(instance).set({ setupTokenHash: null }).run());
}

export { roles, tokenScopes };
