import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasRole, roles, tokenScopes, type Role } from '$lib/shared/roles';
import { idPrefixes } from '$lib/shared/ids';
import { startPanel, type Panel } from '../../../../e2e/panel';
import { policy, type PolicyRow, type ProcedurePath } from '../auth/policy';
import { openDatabase, type Database } from '../db/client';
import { dataFiles, loadEnv } from '../env';
import { cookieNames } from '../http/cookies';
import { newId } from '../ids';
import { proceduresOf } from './procedures';
import { call, type Answer, type Caller } from './surface-caller';
import { samples } from './surface-samples';
import { seedProject, seedToken, type Person, type SeededProject } from './surface-seed';

/**
 * Every procedure as every kind of caller, through real HTTP on the built app, compared with the policy table. No Docker is
 * reachable, so what is allowed fails with DOCKER_UNAVAILABLE or the like: only *permission* is looked at here.
 */
let panel: Panel;
let database: Database;

const refusals = ['NOT_SIGNED_IN', 'FORBIDDEN', 'TOKEN_SCOPE_MISSING'];
const procedures = proceduresOf();

beforeAll(async () => {
	const dataDir = mkdtempSync(join(tmpdir(), 'sh0-surface-'));
	panel = await startPanel({
		dataDir,
		env: { DOCKER_HOST: `unix://${dataDir}/no-docker.sock`, SH0_LOG_LEVEL: 'error' },
	});
	database = openDatabase({ file: dataFiles(dataDir).database, migrationsDir: loadEnv({}).migrationsDir });
});

afterAll(async () => {
	database?.close();
	await panel?.stop();
	panel?.remove();
});

const cookieWith = (token: string): Caller => ({ cookie: `${cookieNames(panel.url).session}=${token}` });
const cookieOf = (person: Person): Caller => cookieWith(person.sessionToken);

function rowOf(path: ProcedurePath): PolicyRow {
	return policy[path];
}

type AskOptions = { input?: unknown; as?: Role };

function ask(
	path: ProcedurePath,
	project: SeededProject,
	caller: Caller,
	options: AskOptions = {},
): Promise<Answer> {
	const type = procedures.find((procedure) => procedure.path === path)?.type ?? 'query';
	const input = options.input ?? samples[path](project, options.as ?? 'owner');
	return call(panel.url, path, type, input, caller);
}

/** It went well, or failed with a code of ours other than these: a page of HTML with 413 or 500 is neither. */
function expectOutcome(answer: Answer, unwanted: string[]): void {
	const seen = `${answer.status} ${answer.body.slice(0, 300)}`;
	if (answer.appCode === null) expect(answer.status >= 200 && answer.status < 300, seen).toBe(true);
	else expect(answer.appCode, seen).not.toBeOneOf(unwanted);
}

function expectAllowed(answer: Answer): void {
	expectOutcome(answer, [...refusals, 'NOT_FOUND', 'BAD_INPUT', 'INTERNAL']);
}

type Case = { as: string; path: ProcedurePath; check: () => Promise<void> };

const isOpen = (row: PolicyRow) => row.scope === 'public';
const tokenScopeOf = (row: PolicyRow) => ('token' in row ? row.token : null);

function anonymousCases(path: ProcedurePath, row: PolicyRow): Case[] {
	const nobody: Case = {
		...{ path, as: 'nobody' },
		async check() {
			const answer = await ask(path, seedProject(database.db), {});
			if (isOpen(row)) expectOutcome(answer, [...refusals, 'BAD_INPUT', 'INTERNAL']);
			else expect(answer.appCode).toBe('NOT_SIGNED_IN');
		},
	};
	if (isOpen(row)) return [nobody];
	const revoked: Case = {
		...{ path, as: 'a revoked session' },
		async check() {
			const project = seedProject(database.db);
			const caller = cookieOf(project.people.owner);
			await ask('auth.logout', project, caller);
			expect((await ask(path, project, caller)).appCode).toBe('NOT_SIGNED_IN');
		},
	};
	return [nobody, revoked];
}

function roleCases(path: ProcedurePath, row: PolicyRow): Case[] {
	if (!('role' in row)) return [];
	const inside = roles.map((role): Case => ({
		...{ path, as: role },
		async check() {
			const project = seedProject(database.db);
			const answer = await ask(path, project, cookieOf(project.people[role]), { as: role });
			if (hasRole(role, row.role)) expectAllowed(answer);
			else expect(answer.appCode).toBe('FORBIDDEN');
		},
	}));
	const stranger: Case = {
		...{ path, as: 'the owner of another project' },
		async check() {
			const [mine, other] = [seedProject(database.db), seedProject(database.db)];
			expect((await ask(path, mine, cookieOf(other.people.owner))).appCode).toBe('NOT_FOUND');
		},
	};
	return [...inside, stranger];
}

function instanceCases(path: ProcedurePath, row: PolicyRow): Case[] {
	if (row.scope !== 'instance' && row.scope !== 'signedIn') return [];
	return [true, false].map((isOwnersInstance): Case => ({
		...{ path, as: isOwnersInstance ? "the instance's owner" : 'somebody who does not own the instance' },
		async check() {
			const project = seedProject(database.db, { isOwnersInstance });
			const answer = await ask(path, project, cookieOf(project.people.owner));
			if (row.scope === 'instance' && !isOwnersInstance) expect(answer.appCode).toBe('FORBIDDEN');
			else expectOutcome(answer, [...refusals, 'BAD_INPUT', 'INTERNAL']);
		},
	}));
}

function tokenCases(path: ProcedurePath, row: PolicyRow): Case[] {
	if (isOpen(row)) return [];
	const needed = tokenScopeOf(row);
	const lacking: Case = {
		...{ path, as: 'a token that lacks the scope' },
		async check() {
			const project = seedProject(database.db, { isOwnersInstance: true });
			const others = tokenScopes.filter((scope) => scope !== needed);
			const bearer = seedToken(database.db, project, others);
			expect((await ask(path, project, { bearer })).appCode).toBe('TOKEN_SCOPE_MISSING');
		},
	};
	const viewers: Case = {
		...{ path, as: "a viewer's token with every scope" },
		async check() {
			const project = seedProject(database.db);
			const bearer = seedToken(database.db, project, [...tokenScopes], 'viewer');
			const answer = await ask(path, project, { bearer }, { as: 'viewer' });
			if (needed === null) expect(answer.appCode).toBe('TOKEN_SCOPE_MISSING');
			else if ('role' in row && !hasRole('viewer', row.role)) expect(answer.appCode).toBe('FORBIDDEN');
			else expectAllowed(answer);
		},
	};
	if (needed === null) return [lacking, viewers];
	const holding: Case = {
		...{ path, as: 'a token that has the scope alone' },
		async check() {
			const project = seedProject(database.db, { isOwnersInstance: true });
			expectAllowed(await ask(path, project, { bearer: seedToken(database.db, project, [needed]) }));
		},
	};
	return [lacking, holding, viewers];
}

const cases = procedures.flatMap(({ path }) => {
	const row = rowOf(path);
	return [anonymousCases, roleCases, instanceCases, tokenCases].flatMap((make) => make(path, row));
});

it.each(cases)('$path as $as', ({ check }) => check());

/** Which input fields name a row, and a foreign row for each. */
const idFields = {
	projectId: { kind: 'project', foreign: (other: SeededProject) => other.projectId },
	serviceId: { kind: 'service', foreign: (other: SeededProject) => other.serviceId },
	operationId: { kind: 'operation', foreign: (other: SeededProject) => other.operationId },
	tokenId: { kind: 'token', foreign: (other: SeededProject) => other.tokenIds.owner },
	invitationId: { kind: 'invitation', foreign: (other: SeededProject) => other.invitationId },
	userId: { kind: 'user', foreign: (other: SeededProject) => other.member.id },
	copyId: { kind: 'storageCopy', foreign: (other: SeededProject) => other.copyId },
} as const;

const swaps = procedures.flatMap(({ path, inputFields }) =>
	Object.entries(idFields)
		.filter(([field]) => inputFields.includes(field))
		.map(([field, { kind, foreign }]) => ({ path, field, kind, foreign })),
);

/** What tells two answers apart, without what is new in every answer. */
function comparable(answer: Answer): unknown {
	return { status: answer.status, body: answer.body.replace(/"requestId":"[^"]*"/g, '"requestId":""') };
}

describe('a foreign id answers as one that never existed', () => {
	it('covers ids, optional ones too', () => {
		expect(swaps.length).toBeGreaterThan(40);
		expect(swaps).toContainEqual(expect.objectContaining({ path: 'operations.list', field: 'serviceId' }));
	});

	it.each(swaps)('$path, $field', async ({ path, field, kind, foreign }) => {
		const [mine, other] = [seedProject(database.db), seedProject(database.db)];
		const input = samples[path](mine, 'owner');
		const caller = cookieOf(mine.people.owner);
		const answers: unknown[] = [];
		const bodies: string[] = [];
		for (const id of [foreign(other), newId(kind)]) {
			expect(id).toMatch(new RegExp(`^${idPrefixes[kind]}_`));
			const answer = await ask(path, mine, caller, { input: { ...input, [field]: id } });
			answers.push(comparable(answer));
			bodies.push(answer.body);
		}
		expect(answers[0]).toEqual(answers[1]);
		// Where the field only narrows a list, there is nothing to be found by it.
		const nothing = field in input ? /"NOT_FOUND"/ : /"NOT_FOUND"|"json":\[\]/;
		expect(bodies[0]).toMatch(nothing);
	});
});

it("answers a foreign session's id as one that never existed", async () => {
	const [mine, other] = [seedProject(database.db), seedProject(database.db)];
	const caller = cookieOf(mine.people.owner);
	const foreign = await ask('sessions.revoke', mine, caller, {
		input: { sessionId: other.member.sessionId },
	});
	const unknown = await ask('sessions.revoke', mine, caller, { input: { sessionId: 'f'.repeat(64) } });
	expect(comparable(foreign)).toEqual(comparable(unknown));
	const still = await ask('auth.me', other, cookieOf(other.member));
	expect(still.status).toBe(200);
});
