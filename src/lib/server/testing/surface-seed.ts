import type { Role, TokenScope } from '$lib/shared/roles';
import { newOpaqueToken, sha256Hex } from '../auth/opaque-token';
import { writeTransaction, type Db } from '../db/client';
import {
	apiTokens,
	invitations,
	members,
	operations,
	operationSteps,
	projects,
	services,
	sessions,
	storageCopies,
	storageCopyBuckets,
	users,
} from '../db/schema';
import { newId } from '../ids';

export type Person = { id: string; email: string; sessionToken: string; sessionId: string };

/** One project with a person in every role. */
export type SeededPeople = { projectId: string; people: Record<Role, Person> };

/** The same with one row of everything an input can name. */
export type SeededProject = SeededPeople & {
	serviceId: string;
	serviceName: string;
	operationId: string;
	/** A storage server, for what database servers have not. */
	storageServiceId: string;
	/** A paused copy into it. */
	copyId: string;
	/** One token of each person: only an admin revokes another's. */
	tokenIds: Record<Role, string>;
	invitationId: string;
	/** A member that procedures may act upon. */
	member: Person;
};

/** Of the password in surface-samples.ts, with the parameters of auth/passwords.ts. */
const samplePasswordHash =
	'$argon2id$v=19$m=47104,t=1,p=1$K4eEV0EFylOXnnKpFeQv3Q$i+eIqLMTjTunSvXfU+da2V28l6FCCMIp4RHvfnb3fPI';
const dayMs = 86_400_000;
let networkIndex = 100;

function insertPerson(tx: Db, isInstanceOwner: boolean): Person {
	const id = newId('user');
	const email = `${id}@example.test`;
	const sessionToken = newOpaqueToken();
	const now = new Date();
	tx.insert(users)
		.values({ id, email, passwordHash: samplePasswordHash, isInstanceOwner, createdAt: now })
		.run();
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

/** A new project with a person in every role; its owner is the instance's owner too when asked. */
export function seedPeople(db: Db, options: { isOwnersInstance?: boolean } = {}): SeededPeople {
	return writeTransaction(db, (tx) => {
		const projectId = newId('project');
		tx.insert(projects)
			.values({ id: projectId, name: projectId, networkIndex: networkIndex++, createdAt: new Date() })
			.run();
		return {
			projectId,
			people: {
				owner: insertMember(tx, projectId, 'owner', options.isOwnersInstance ?? false),
				admin: insertMember(tx, projectId, 'admin'),
				operator: insertMember(tx, projectId, 'operator'),
				viewer: insertMember(tx, projectId, 'viewer'),
			},
		};
	});
}

/** A whole project with new rows of every kind that an input can name. */
export function seedProject(db: Db, options: { isOwnersInstance?: boolean } = {}): SeededProject {
	const seeded = seedPeople(db, options);
	return writeTransaction(db, (tx) => ({
		...seeded,
		member: insertMember(tx, seeded.projectId, 'viewer'),
		...insertService(tx, seeded.projectId),
		...insertStorage(tx, seeded.projectId),
		tokenIds: {
			owner: insertToken(tx, seeded, 'owner'),
			admin: insertToken(tx, seeded, 'admin'),
			operator: insertToken(tx, seeded, 'operator'),
			viewer: insertToken(tx, seeded, 'viewer'),
		},
		invitationId: insertInvitation(tx, seeded),
	}));
}

function insertService(tx: Db, projectId: string) {
	const now = new Date();
	const serviceId = newId('service');
	const serviceName = `s-${serviceId.slice(4, 14).replace(/[2-7]/g, 'x')}`;
	tx.insert(services)
		.values({
			...{ id: serviceId, projectId, kind: 'database', engine: 'postgres', version: '18', name: serviceName },
			...{ memoryBytes: 268_435_456, desiredState: 'stopped', phase: 'ready', imageRef: 'postgres:18' },
			...{ imageOrigin: 'registry', initializedAt: now, createdAt: now },
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
	return { serviceId, serviceName, operationId };
}

/** A server that comes last in every list, with a copy from an S3 that is nowhere. */
function insertStorage(tx: Db, projectId: string): { storageServiceId: string; copyId: string } {
	const now = new Date();
	const id = newId('service');
	const copyId = newId('storageCopy');
	tx.insert(services)
		.values({
			...{ id, projectId, kind: 'storage', engine: 'garage', version: '2' },
			...{ name: `z-${id.slice(4, 14).replace(/[2-7]/g, 'x')}`, memoryBytes: 268_435_456 },
			...{ desiredState: 'stopped', phase: 'ready', initializedAt: now, createdAt: now },
		})
		.run();
	const source = { sourceName: 's3.example.test', endpoint: 'https://s3.example.test', region: 'us-east-1' };
	tx.insert(storageCopies)
		.values({ id: copyId, serviceId: id, ...source, state: 'paused', createdAt: now })
		.run();
	tx.insert(storageCopyBuckets).values({ copyId, position: 0, source: 'a', target: 'b' }).run();
	return { storageServiceId: id, copyId };
}

/** Stopped services without containers, for lists. */
export function seedServices(db: Db, projectId: string, count: number): void {
	writeTransaction(db, (tx) => {
		for (let index = 0; index < count; index += 1) insertService(tx, projectId);
	});
}

function insertInvitation(tx: Db, { projectId, people }: SeededPeople): string {
	const id = newId('invitation');
	const now = new Date();
	tx.insert(invitations)
		.values({
			...{ id, projectId, email: `i-${id}@example.test`, role: 'viewer', invitedBy: people.owner.id },
			...{
				tokenHash: sha256Hex(newOpaqueToken()),
				createdAt: now,
				expiresAt: new Date(now.getTime() + dayMs),
			},
		})
		.run();
	return id;
}

function insertToken(
	tx: Db,
	{ projectId, people }: SeededPeople,
	role: Role,
	scopes: TokenScope[] = ['read'],
	token = newOpaqueToken(),
): string {
	const id = newId('token');
	const now = new Date();
	tx.insert(apiTokens)
		.values({
			...{ id, userId: people[role].id, projectId, name: role, scopes, tokenHash: sha256Hex(token) },
			...{ createdAt: now, expiresAt: new Date(now.getTime() + dayMs) },
		})
		.run();
	return id;
}

/** An API token with exactly these scopes, of the project's owner unless `role` says another. */
export function seedToken(db: Db, project: SeededPeople, scopes: TokenScope[], role: Role = 'owner'): string {
	const token = `sh0_${newOpaqueToken()}`;
	writeTransaction(db, (tx) => insertToken(tx, project, role, scopes, token));
	return token;
}
