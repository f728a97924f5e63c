import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cookieNames } from '../../http/cookies';
import type { CapabilityMatrix, DatabaseCapability } from '$lib/shared/capabilities';
import { isLongRun } from '../hostile';
import { hostileStrings } from '../hostile-strings';
import { mongodbVersionsHere, skipByName } from '../images-here';
import { proceduresOf } from '../procedures';
import { call } from '../surface-caller';
import { samples } from '../surface-samples';
import { canaryEngines, mongodbCanary } from './engines';
import { filesUnder, findLeaks, pagesOf, rowsOf, textOf, type Sink } from './sinks';
import { CanaryHouse, codeOf } from './story';

/** Names and passwords meet every Nth written string, in the long run all; on the engine alone, each engine's hostile suite has them all. */
const everyNth = isLongRun ? 1 : 18;
const limitMs = isLongRun ? 3_600_000 : 240_000;

/** How a name or a password may be refused. */
const refusals = ['NAME_INVALID', 'NAME_RESERVED', 'NAME_TOO_LONG', 'PASSWORD_UNUSABLE', 'BAD_INPUT'];
/** How the query box may refuse a statement; null: it was carried out. */
const queryRefusals = ['QUERY_REFUSED', 'QUERY_NOT_ALLOWED', 'NOT_SUPPORTED', null];
/** Questions that are refused by an engine whose matrix says that it cannot do this, and answered by every other. */
const capabilityOf: Partial<Record<string, DatabaseCapability>> = {
	'databases.charsets': 'charsets',
	'databaseSessions.list': 'sessions',
	'databaseSessions.slowQueries': 'slowQueries',
	'services.settings.get': 'settings',
};
/** Questions about what is nowhere. */
const missing: Partial<Record<string, string>> = {
	'browser.rows': 'COLLECTION_NOT_FOUND',
	'storageCopies.get': 'NOT_FOUND',
	'storageCopies.report': 'NOT_FOUND',
};
/** None of them is a storage server, and none runs beside them. */
const ofStorage = /^(buckets|objects|storage\w+)\./;

/** Without a place to go on from, which each engine names in its own way. */
function firstPage(input: object): object {
	return Object.fromEntries(Object.entries(input).filter(([name]) => !/cursor$/i.test(name)));
}

/** How a question may be answered by a server with this matrix: null for an answer, or the code of a refusal. */
function answersOf(path: string, matrix: CapabilityMatrix | null): (string | null)[] {
	if (ofStorage.test(path)) return [null, missing[path] ?? null, 'NOT_SUPPORTED', 'SERVICE_NOT_RUNNING'];
	const capability = capabilityOf[path];
	if (capability !== undefined) return [matrix?.[capability] === null ? null : 'NOT_SUPPORTED'];
	return [null, missing[path] ?? null];
}
const tabs = [
	'',
	'/databases',
	'/users',
	'/access',
	'/sessions',
	'/data',
	'/data/query',
	'/logs',
	'/settings',
];
const settings = ['', '/members', '/security', '/tokens', '/project'];

const mongodbHere = (await mongodbVersionsHere()).includes(mongodbCanary.version);
const engines = mongodbHere ? [...canaryEngines, mongodbCanary] : canaryEngines;
skipByName('a canary on', {
	engine: 'mongodb',
	all: [mongodbCanary.version],
	here: mongodbHere ? [mongodbCanary.version] : [],
});

describe.each(engines)('a canary on $engine $version', (engine) => {
	const strings = hostileStrings
		.filter((_, index) => index % everyNth === engines.indexOf(engine) % everyNth)
		.map(({ value }) => value);
	let house: CanaryHouse;

	beforeAll(async () => {
		house = await CanaryHouse.build(engine);
	}, limitMs);
	afterAll(async () => {
		await house?.demolish();
	});

	it(
		'sees users come and go whose passwords log in, or are refused with a reason',
		{ timeout: limitMs },
		async () => {
			const fates: string[] = [];
			for (const value of strings) fates.push(await house.createUser(value, value));
			for (const value of strings) fates.push(await house.createUser(`u${fates.length}`, value));
			expect(fates.filter((fate) => fate === 'works').length).toBeGreaterThan(strings.length);
			expect(fates.filter((fate) => fate !== 'works' && !refusals.includes(fate))).toEqual([]);
		},
	);

	it(
		'sees a neighbour change its password, and the root password rotated',
		{ timeout: limitMs },
		async () => {
			const { api, serviceId } = house;
			await api.databaseUsers.create.mutate({ serviceId, name: 'neighbour', ...house.readRights });
			await house.reveal('generated password', 'neighbour');
			const fates: string[] = [];
			for (const value of strings) fates.push(await house.setPassword('neighbour', value));
			expect(fates.filter((fate) => fate === 'works').length).toBeGreaterThan(strings.length / 2);
			expect(fates.filter((fate) => fate !== 'works' && !refusals.includes(fate))).toEqual([]);
			await house.rotateRoot();
			await api.databaseUsers.remove.mutate({ serviceId, name: 'neighbour', confirmName: 'neighbour' });
		},
	);

	it('sees databases come and go', { timeout: limitMs }, async () => {
		const { api, serviceId } = house;
		for (const name of strings) {
			const code = await codeOf(api.databases.create.mutate({ serviceId, name }));
			const allowed = engine.createsDatabases
				? [null, ...refusals]
				: ['NOT_SUPPORTED', 'BAD_INPUT', ...refusals];
			expect([name, allowed.includes(code)]).toEqual([name, true]);
			if (code === null) await api.databases.remove.mutate({ serviceId, name, confirmName: name });
		}
	});

	it('sees failures of every kind', { timeout: limitMs }, async () => {
		const {
			api,
			serviceId,
			engine: { home, hasGrants, driver },
		} = house;
		const { user: root } = await api.services.connection.query({ serviceId });
		const users = api.databaseUsers;
		const make = (name: string, password = house.password()) =>
			codeOf(users.create.mutate({ serviceId, name, password }));
		expect(await make('canary')).toBe('DATABASE_USER_EXISTS');
		expect(await make(root)).toBe('NAME_RESERVED');
		expect(await make('n'.repeat(400))).toMatch(/NAME_TOO_LONG|BAD_INPUT/);
		expect(await make('unusable', house.password('\u0001'))).toMatch(/PASSWORD_UNUSABLE|BAD_INPUT/);
		expect(await make('lone', house.password('\ud800'))).toMatch(/PASSWORD_UNUSABLE|BAD_INPUT/);
		const password = house.password();
		expect(await codeOf(users.setPassword.mutate({ serviceId, name: 'nobody', password }))).toBe(
			'DATABASE_USER_NOT_FOUND',
		);
		const nowhere = [{ database: 'nowhere', level: 'read' as const }];
		const granted = users.create.mutate({
			serviceId,
			name: 'granted',
			password: house.password(),
			grants: nowhere,
		});
		expect(await codeOf(granted)).toBe(hasGrants ? 'DATABASE_NOT_FOUND' : 'NOT_SUPPORTED');
		const access = { keyPatterns: ['*'], channelPatterns: [], commands: [`>${house.password()}`] };
		expect(
			await codeOf(users.create.mutate({ serviceId, name: 'ruled', password: house.password(), access })),
		).toMatch(/NOT_SUPPORTED|ACCESS_INVALID/);
		for (const name of ['canary', root, 'nobody'])
			expect(await driver.canLogin(house.loginOf(name, house.password()))).toBe(false);
		for (const isReadOnly of [true, false]) {
			for (const text of engine.statements(house.password())) {
				const code = await codeOf(api.browser.query.mutate({ serviceId, database: home, text, isReadOnly }));
				expect([text, code]).toEqual([text, expect.toBeOneOf(queryRefusals)]);
			}
		}
	});

	it('is still there, with what it had, and nobody else', async () => {
		const { api, serviceId } = house;
		expect(await engine.driver.kept(house.canary)).toEqual([1]);
		const users = await api.databaseUsers.list.query({ serviceId, limit: 200 });
		expect(users.items.map(({ name }) => name)).toEqual(['canary']);
		const databases = await api.databases.list.query({ serviceId, limit: 200 });
		const wanted = engine.createsDatabases ? [engine.home, ...engine.ownDatabases] : engine.ownDatabases;
		expect(databases.items.map(({ name }) => name).sort()).toEqual(wanted.sort());
	});

	it('shared its container with the engine alone, which was made and started once', () => {
		// Docker's own first process takes in what is orphaned.
		expect(house.watch.programs).toEqual([...engine.programs, 'docker-init'].sort());
		const { actions } = house.watch;
		expect(actions.filter((action) => action.startsWith('exec'))).toEqual([]);
		expect(actions.filter((action) => ['create', 'start', 'die', 'restart'].includes(action))).toEqual([
			'create',
			'start',
		]);
	});

	/** What every procedure that only asks answers, to the owner's browser and with this server. */
	async function answers(cookie: string): Promise<Sink[]> {
		const project = { ...house.project, serviceId: house.serviceId, serviceName: 'canary' };
		const { capabilities } = await house.api.services.get.query({ serviceId: house.serviceId });
		const asked = proceduresOf().filter(({ path, type }) => type === 'query' && isAskedOf(path));
		return Promise.all(
			asked.map(async ({ path, type }) => {
				const input = firstPage(samples[path](project, 'owner'));
				const database = 'database' in input ? { database: engine.home } : {};
				const answer = await call(house.panel.url, path, type, { ...input, ...database }, { cookie });
				const code = answer.status === 200 ? null : (answer.appCode ?? `status ${answer.status}`);
				expect([path, code]).toEqual([path, expect.toBeOneOf(answersOf(path, capabilities))]);
				return { name: path, text: answer.body };
			}),
		);
	}

	/** Whether there is a newer image is a question to Debian's mirror, and the answer the same sort on every engine. */
	const isAskedOf = (path: string) => path !== 'services.findUpgrade' || engine === engines[0];

	it('finds no password in any log, event, file, record, answer or page', { timeout: limitMs }, async () => {
		const { panel, project, serviceId, database, secrets } = house;
		const session = project.people.owner.sessionToken;
		secrets.set('session token', session);
		const pages = [
			...['/', '/databases', '/databases/new', '/activity'],
			...tabs.map((tab) => `/databases/${serviceId}${tab}`),
			...settings.map((tab) => `/settings${tab}`),
		];
		const cookie = `${cookieNames(panel.url).session}=${session}`;
		const [answered, shown] = await Promise.all([answers(cookie), pagesOf(panel.url, cookie, pages)]);
		const sinks = [
			...shown,
			...answered,
			...(await house.watch.sinks()),
			...rowsOf(database),
			...filesUnder(panel.dataDir),
			{ name: "sh0's log", text: panel.output().join('\n') },
		];
		expect(findLeaks(sinks, secrets)).toEqual([]);
		// What was searched is what was meant: each kind holds what it must.
		expect(textOf(sinks, 'events')).toContain('"Action":"start"');
		expect(textOf(sinks, 'log ').length).toBeGreaterThan(100);
		expect(textOf(sinks, 'table audit')).toContain('databaseUsers.setPassword');
		expect(textOf(sinks, 'table operations')).toContain('service.rotateRoot');
		expect(textOf(sinks, "sh0's log").length).toBeGreaterThan(500);
		expect(textOf(sinks, `/databases/${serviceId}/users`)).toContain('canary');
		expect(textOf(sinks, 'databaseUsers.list')).toContain('canary');
	});
});
