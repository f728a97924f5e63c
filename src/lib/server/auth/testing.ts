import type { Role } from '$lib/shared/roles';
import { createAttempts } from '../audit/attempts';
import { Audit } from '../audit/audit';
import { openTestDatabase } from '../db/testing';
import { getOrCreateInstance } from '../db/instance';
import { members, projects, users } from '../db/schema';
import { createLogger, Redactor } from '../log';
import { newId } from '../ids';
import { openVault } from '../vault';
import { Auth } from './auth';
import type { Identity } from './identity';
import { hashPassword } from './passwords';

export const testPassword = 'violet-harbour-27';
export const testClient = { ip: '192.0.2.1', userAgent: 'test', deviceToken: null };

/** For tests: the auth room over a database and vault of its own. */
export function openTestAuth() {
	const database = openTestDatabase();
	const { db, dataDir } = database;
	const { instanceId } = getOrCreateInstance(db);
	const keyFile = `${dataDir}/master.key`;
	const redactor = new Redactor();
	const vault = openVault({ db, keyFile, instanceId, redactor });
	const log = createLogger({ level: 'error', redactor });
	const attempts = createAttempts(new Audit(db));
	const auth = new Auth({ db, vault, redactor, log, attempts });
	let projectCount = 0;

	return {
		...database,
		auth,
		redactor,
		async createUser(email: string, wanted: { isInstanceOwner?: boolean } = {}) {
			const user = {
				...{ id: newId('user'), email, passwordHash: await hashPassword(testPassword) },
				...{ isInstanceOwner: wanted.isInstanceOwner ?? false, createdAt: new Date() },
			};
			db.insert(users).values(user).run();
			return user;
		},
		createProject(name: string, people: Record<string, Role>) {
			const project = { id: newId('project'), name, networkIndex: projectCount++, createdAt: new Date() };
			db.insert(projects).values(project).run();
			for (const [userId, role] of Object.entries(people)) {
				db.insert(members).values({ projectId: project.id, userId, role, createdAt: new Date() }).run();
			}
			return project;
		},
	};
}

/** An identity as a session of this user gives it. */
export function sessionIdentity(user: { id: string; email: string }, sessionId = 'a'.repeat(64)): Identity {
	const { id, email } = user;
	return { user: { id, email, isInstanceOwner: false }, via: { kind: 'session', sessionId } };
}
