import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { demolish, openPanelDatabase } from '../../e2e/house';
import { startPanel, type Panel } from '../../e2e/panel';
import { askAs } from '../../e2e/postgres';
import { versionsHere } from '../../src/lib/server/testing/images-here';
import { seedPeople, seedToken } from '../../src/lib/server/testing/surface-seed';
import { createClient } from '../../src/lib/trpc/client';

const run = promisify(execFile);
const seedLimitMs = 60_000;
const hasGarage = (await versionsHere('garage', ['2'])).length > 0;

let panel: Panel;
let token: string;

beforeAll(async () => {
	panel = await startPanel({ env: { SH0_LOG_LEVEL: 'error' } });
	const database = openPanelDatabase(panel);
	token = seedToken(database.db, seedPeople(database.db), ['read', 'manage', 'secrets']);
	database.close();
}, seedLimitMs);

afterAll(() => demolish(panel));

/** Runs an example as its own comment says and answers the variables it prints. */
async function runExample(file: string, args: string[]): Promise<Record<string, string>> {
	const { stdout } = await run(process.execPath, ['--import', 'tsx', `scripts/examples/${file}`, ...args], {
		env: { ...process.env, SH0_URL: panel.url, SH0_TOKEN: token },
	});
	const lines = stdout.trim().split('\n');
	return Object.fromEntries(
		lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
	);
}

/** Another user's login, who may make what an app's own user may only fill. */
async function tableMaker(database: string) {
	const sh0 = createClient({ url: panel.url, token });
	const [project] = await sh0.projects.list.query();
	const [service] = await sh0.services.list.query({ projectId: project?.id ?? '' });
	const serviceId = service?.id ?? '';
	const name = 'maker';
	await sh0.databaseUsers.create.mutate({ serviceId, name, grants: [{ database, level: 'owner' }] });
	const { value } = await sh0.secrets.reveal.mutate({ serviceId, kind: 'databaseUser', name });
	return { user: name, password: value };
}

describe('the examples', () => {
	it('new-database prints variables that an app logs in with, to write and to read', async () => {
		const variables = await runExample('new-database.ts', ['shop-prod', 'shop']);
		const app = {
			host: variables.PGHOST ?? '',
			port: Number(variables.PGPORT),
			user: variables.PGUSER ?? '',
			password: variables.PGPASSWORD ?? '',
			database: variables.PGDATABASE ?? '',
		};
		expect(app).toMatchObject({ user: 'shop_app', database: 'shop' });
		await askAs({ ...app, ...(await tableMaker('shop')) }, 'create table tea (what text)');
		await askAs(app, `insert into tea values ('oolong')`);
		expect(await askAs(app, 'select what from tea')).toEqual([{ what: 'oolong' }]);
	});

	it.skipIf(!hasGarage)('new-bucket prints variables with which an app uploads', async () => {
		const variables = await runExample('new-bucket.ts', ['files', 'uploads']);
		const s3 = new S3Client({
			endpoint: variables.AWS_ENDPOINT_URL_S3 ?? '',
			region: variables.AWS_REGION ?? '',
			forcePathStyle: true,
			credentials: {
				accessKeyId: variables.AWS_ACCESS_KEY_ID ?? '',
				secretAccessKey: variables.AWS_SECRET_ACCESS_KEY ?? '',
			},
		});
		const tea = { Bucket: variables.AWS_BUCKET, Key: 'tea.txt' };
		await s3.send(new PutObjectCommand({ ...tea, Body: 'oolong' }));
		const { Body } = await s3.send(new GetObjectCommand(tea));
		expect(await Body?.transformToString()).toBe('oolong');
		s3.destroy();
	});

	it.skipIf(!hasGarage)(
		"leave no plain warning of the SDK's among the lines of the panel's log",
		async () => {
			const sh0 = createClient({ url: panel.url, token });
			const [project] = await sh0.projects.list.query();
			const services = await sh0.services.list.query({ projectId: project?.id ?? '' });
			const serviceId = services.find(({ engine }) => engine === 'garage')?.id ?? '';
			const { objects } = await sh0.objects.list.query({ serviceId, bucket: 'uploads' });
			expect(objects.map(({ key }) => key)).toEqual(['tea.txt']);
			expect(panel.output().join('\n')).not.toContain('NodeVersionSupportWarning');
		},
	);
});
