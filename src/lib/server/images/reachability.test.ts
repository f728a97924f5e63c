import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DockerClient } from '../docker/client';
import { loadEnv } from '../env';
import { Reachability } from './reachability';
import { loadPlans, type Recipe } from './recipes';

const official = { repository: 'postgres', ref: 'postgres:17' };

let server: Server;
let folder: string;
let questions: number;
let digest: string | undefined;
let now: number;
let reach: Reachability;
let recipe: Recipe;

beforeEach(async () => {
	folder = mkdtempSync(join(tmpdir(), 'sh0-reach-'));
	questions = 0;
	digest = 'sha256:1';
	now = 0;
	server = createServer((_request, response) => {
		questions += 1;
		response.setHeader('content-type', 'application/json');
		if (digest === undefined) response.writeHead(500).end('{"message":"no such host"}');
		else response.end(JSON.stringify({ Descriptor: { digest }, Platforms: [] }));
	});
	server.listen(join(folder, 'docker.sock'));
	await once(server, 'listening');
	reach = new Reachability(new DockerClient(join(folder, 'docker.sock')), () => now);
	const found = (await loadPlans(loadEnv({}).imagesDir)).find(({ engine }) => engine === 'postgres')?.recipe;
	if (!found) throw new Error('no recipe');
	recipe = found;
});

afterEach(async () => {
	server.closeAllConnections();
	server.close();
	await once(server, 'close');
	rmSync(folder, { recursive: true });
});

describe('registryDigest', () => {
	it('asks once in five minutes, also at the same time', async () => {
		await Promise.all([reach.registryDigest(official), reach.registryDigest(official)]);
		now = 299_000;
		expect(await reach.registryDigest(official)).toBe('sha256:1');
		expect(questions).toBe(1);
		now = 301_000;
		digest = 'sha256:2';
		expect(await reach.registryDigest(official)).toBe('sha256:2');
		expect(questions).toBe(2);
	});

	it('keeps a no as well', async () => {
		digest = undefined;
		expect(await reach.registryDigest(official)).toBeUndefined();
		digest = 'sha256:1';
		expect(await reach.registryDigest(official)).toBeUndefined();
		expect(questions).toBe(1);
	});

	it('asks again when it is told that the answer was wrong', async () => {
		await reach.registryDigest(official);
		reach.forget(official);
		await reach.registryDigest(official);
		expect(questions).toBe(2);
	});

	it('keeps nothing while Docker is away', async () => {
		const away = new Reachability(new DockerClient(join(folder, 'none.sock')), () => now);
		await expect(away.registryDigest(official)).rejects.toMatchObject({ code: 'DOCKER_UNAVAILABLE' });
		await expect(away.registryDigest(official)).rejects.toMatchObject({ code: 'DOCKER_UNAVAILABLE' });
	});
});

describe('canBuild', () => {
	it('refuses binaries for another processor', async () => {
		const other = process.arch === 'x64' ? 'arm64' : 'x64';
		expect(await reach.canBuild({ ...recipe, architectures: [process.arch, other] })).toBe(false);
	});
});
