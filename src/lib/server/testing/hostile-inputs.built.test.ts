import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startPanel, type Panel } from '../../../../e2e/panel';
import { openDatabase, type Database } from '../db/client';
import { apiTokens, members, projects, services } from '../db/schema';
import { dataFiles, loadEnv } from '../env';
import { cookieNames } from '../http/cookies';
import { hostileStrings } from './hostile-strings';
import { proceduresOf } from './procedures';
import { call } from './surface-caller';
import { samples } from './surface-samples';
import { seedProject, type SeededProject } from './surface-seed';

/**
 * Every text of every input, replaced by hostile ones, through real HTTP: the answer is a result or one of our codes, never a failure
 * nobody foresaw. What engines do with such names is tested on real ones (engines/postgres/hostile.docker.test.ts).
 */
let panel: Panel;
let database: Database;
let project: SeededProject;
let canary: SeededProject;
let canaryRows: unknown;

/** Each field meets every Nth string, another set for each, so that all are used and the run stays short. */
const everyNth = 12;
/** These end the session or the membership that the other calls need. */
const endsAccess = ['auth.logout', 'members.leave', 'sessions.revoke'];

beforeAll(async () => {
	const dataDir = mkdtempSync(join(tmpdir(), 'sh0-hostile-'));
	const env = { DOCKER_HOST: `unix://${dataDir}/no-docker.sock`, SH0_LOG_LEVEL: 'error' };
	panel = await startPanel({ dataDir, env });
	database = openDatabase({ file: dataFiles(dataDir).database, migrationsDir: loadEnv({}).migrationsDir });
	project = seedProject(database.db, { isOwnersInstance: true });
	canary = seedProject(database.db);
	canaryRows = rowsOf(canary);
});

afterAll(async () => {
	database?.close();
	await panel?.stop();
	panel?.remove();
});

/** What a hostile text that reached SQL or another scope would change. */
function rowsOf({ projectId, serviceId }: SeededProject): unknown {
	const { db } = database;
	return {
		project: db.select().from(projects).where(eq(projects.id, projectId)).all(),
		members: db.select().from(members).where(eq(members.projectId, projectId)).all(),
		services: db.select().from(services).where(eq(services.id, serviceId)).all(),
		tokens: db.select().from(apiTokens).where(eq(apiTokens.projectId, projectId)).all(),
	};
}

const nobody = { id: '', email: '', sessionToken: '', sessionId: '' };
const blank: SeededProject = {
	...{
		projectId: '',
		serviceId: '',
		serviceName: '',
		operationId: '',
		storageServiceId: '',
		copyId: '',
		invitationId: '',
		member: nobody,
	},
	tokenIds: { owner: '', admin: '', operator: '', viewer: '' },
	people: { owner: nobody, admin: nobody, operator: nobody, viewer: nobody },
};

const fields = proceduresOf()
	.filter(({ path, type }) => type !== 'subscription' && !endsAccess.includes(path))
	.flatMap(({ path, type }) =>
		Object.entries(samples[path](blank, 'owner'))
			.filter(([, value]) => typeof value === 'string')
			.map(([field]) => ({ path, type, field })),
	);

it('finds the texts', () => expect(fields.length).toBeGreaterThan(60));

it.each(fields.map((field, index) => ({ ...field, index })))(
	'$path, $field',
	async ({ path, type, field, index }) => {
		const caller = { cookie: `${cookieNames(panel.url).session}=${project.people.owner.sessionToken}` };
		const chosen = hostileStrings.filter((_string, position) => position % everyNth === index % everyNth);
		expect(chosen.length).toBeGreaterThan(10);
		for (const { label, value } of chosen) {
			const answer = await call(
				panel.url,
				path,
				type,
				{ ...samples[path](project, 'owner'), [field]: value },
				caller,
			);
			const said = `${label}: ${answer.status} ${answer.body.slice(0, 200)}`;
			expect(answer.status, said).toBeLessThan(500);
			expect(answer.appCode, said).not.toBe('INTERNAL');
			if (answer.status >= 400) expect(answer.appCode, said).not.toBeNull();
		}
	},
);

it('leaves the rows of another project as they were', () => {
	expect(rowsOf(canary)).toEqual(canaryRows);
});
