import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { engines } from '../engines';
import { getOrCreateInstance } from '../db/instance';
import { createDocker, dockerNames, LABEL } from '../docker';
import { loadEnv } from '../env';
import { cliOn } from './testing';

const cli = cliOn();
let instanceId: string;
let docker: ReturnType<typeof createDocker>;

beforeAll(async () => {
	await cli.setUp();
	({ instanceId } = cli.withDatabase(getOrCreateInstance));
	docker = createDocker({ socketPath: loadEnv({}).dockerSocket, instanceId });
});
afterAll(() => cli.remove());

describe('doctor', () => {
	it('finds a new installation in order', async () => {
		const { code, out } = await cli.run(['doctor']);
		expect(out).toMatch(/^ok {7}Docker: version \d/m);
		expect(out).toMatch(/^ok {7}Memory: \d+ MiB, of which 0 MiB are promised/m);
		expect(out).not.toContain('PROBLEM');
		expect(out).toContain('Everything is in order.');
		expect(code).toBe(0);
	});

	it('finds a volume and a network that belong to nothing, and names them', async () => {
		const names = dockerNames(instanceId);
		const volume = names.volume('svc_nobody');
		const network = names.network('prj_nobody');
		await docker.volumes.ensure({ name: volume, labels: { [LABEL.service]: 'svc_nobody' } });
		await docker.networks.ensure({
			name: network,
			preferredIndex: 900,
			labels: { [LABEL.project]: 'prj_nobody' },
		});
		try {
			const { code, out } = await cli.run(['doctor']);
			expect(out).toContain(`Volume ${volume} belongs to no service.`);
			expect(out).toContain(`Network ${network} belongs to no project with a service.`);
			expect(out).toMatch(/^1 of \d+ checks found a problem\.$/m);
			expect(code).toBe(1);
		} finally {
			await docker.volumes.remove(volume);
			await docker.networks.remove(network);
		}
		expect((await cli.run(['doctor'])).code).toBe(0);
	});
});

describe('images list', () => {
	it('has a line for each version of each engine', async () => {
		const { code, out } = await cli.run(['images', 'list']);
		expect(code).toBe(0);
		const all = engines.flatMap(({ id, versions }) => versions.map(({ version }) => `${id} ${version} `));
		for (const name of all) expect(out).toMatch(new RegExp(`^${name}`, 'm'));
		expect(out.trim().split('\n')).toHaveLength(all.length);
	});

	it('refuses to build what has no recipe', async () => {
		expect(await cli.run(['images', 'build', 'oracle'])).toMatchObject({ code: 2 });
		expect(await cli.run(['images', 'build', 'postgres', '9'])).toMatchObject({ code: 2 });
		expect(await cli.run(['images', 'build', 'postgres', 'mysql', '8.4'])).toMatchObject({ code: 2 });
		expect(await cli.run(['images', 'build', 'mongodb'])).toMatchObject({ code: 2 });
		expect(await cli.run(['images', 'build', '17'])).toMatchObject({ code: 2 });
	});

	it('takes several engines, each with its versions, and names the images that are there', async () => {
		const { code, out } = await cli.run(['images', 'build', 'redis', '8', 'postgres', '18']);
		expect(code).toBe(0);
		expect(out).toMatch(/^redis 8: sh0\/redis:8-\S+\npostgres 18: sh0\/postgres:18-\S+$/);
	});
});
