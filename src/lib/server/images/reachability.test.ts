import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DockerClient } from '../docker/client';
import { loadEnv } from '../env';
import { Reachability } from './reachability';
import { loadRecipes, type Recipe } from './recipes';

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
	const [first] = await loadRecipes(loadEnv({}).imagesDir);
	if (first === undefined) throw new Error('no recipe');
	recipe = first;
});

afterEach(async () => {
	server.closeAllConnections();
	server.close();
	await once(server, 'close');
	rmSync(folder, { recursive: true });
});

describe('registryDigest', () => {
	it('asks once in five minutes, also at the same time', async () => {
		await Promise.all([reach.registryDigest(recipe), reach.registryDigest(recipe)]);
		now = 299_000;
		expect(await reach.registryDigest(recipe)).toBe('sha256:1');
		expect(questions).toBe(1);
		now = 301_000;
		digest = 'sha256:2';
		expect(await reach.registryDigest(recipe)).toBe('sha256:2');
		expect(questions).toBe(2);
	});

	it('keeps a no as well', async () => {
		digest = undefined;
		expect(await reach.registryDigest(recipe)).toBeUndefined();
		digest = 'sha256:1';
		expect(await reach.registryDigest(recipe)).toBeUndefined();
		expect(questions).toBe(1);
	});

	it('asks again when it is told that the answer was wrong', async () => {
		await reach.registryDigest(recipe);
		reach.forget(recipe);
		await reach.registryDigest(recipe);
		expect(questions).toBe(2);
	});

	it('keeps nothing while Docker is away', async () => {
		const away = new Reachability(new DockerClient(join(folder, 'none.sock')), () => now);
		await expect(away.registryDigest(recipe)).rejects.toMatchObject({ code: 'DOCKER_UNAVAILABLE' });
		await expect(away.registryDigest(recipe)).rejects.toMatchObject({ code: 'DOCKER_UNAVAILABLE' });
	});
});

describe('canBuild', () => {
	it('refuses binaries for another processor', async () => {
		const other = process.arch === 'x64' ? 'arm64' : 'x64';
		const npm = [{ name: 'a', version: '1.0.0', integrity: '', architecture: other, as: 'a.tgz' } as const];
		expect(await reach.canBuild({ ...recipe, npm })).toBe(false);
	});
});
