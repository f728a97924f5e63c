import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DockerClient } from './client';
import { buildImage, distributionDigest, inspectImage, pullImage, type BuildProgress } from './images';

/** A fake engine: it answers the way Docker 20.10 does in the cases that a real one cannot be brought into at will. */
let server: Server;
let folder: string;
let docker: DockerClient;
let answer: (request: IncomingMessage, response: ServerResponse) => void;

beforeEach(async () => {
	folder = mkdtempSync(join(tmpdir(), 'sh0-fake-docker-'));
	server = createServer((request, response) => answer(request, response));
	server.listen(join(folder, 'docker.sock'));
	await once(server, 'listening');
	docker = new DockerClient(join(folder, 'docker.sock'));
});

afterEach(async () => {
	server.closeAllConnections();
	server.close();
	await once(server, 'close');
	rmSync(folder, { recursive: true });
});

/** Sends these lines to a pull or build, and says afterwards that the image is there. */
function stream(
	lines: string[],
	end: (response: ServerResponse) => void = (response) => response.end(),
): void {
	answer = (request, response) => {
		if (request.method === 'GET') {
			response.end(JSON.stringify({ Id: 'sha256:1', Size: 5, Config: { Labels: null }, RepoDigests: null }));
			return;
		}
		request.resume();
		response.writeHead(200, { 'content-type': 'application/json' });
		for (const line of lines) response.write(`${line}\r\n`);
		setTimeout(() => end(response), 20);
	};
}

describe('pullImage', () => {
	it('adds up the bytes of all layers', async () => {
		stream([
			'{"status":"Pulling from library/postgres","id":"17"}',
			'{"status":"Downloading","progressDetail":{"current":10,"total":100},"id":"a"}',
			'{"status":"Downloading","progressDetail":{"current":5,"total":50},"id":"b"}',
			'{"status":"Extracting","progressDetail":{"current":1,"total":100},"id":"a"}',
			'{"status":"Download complete","id":"a"}',
		]);
		const seen: string[] = [];
		const image = await pullImage(docker, 'postgres:17', {
			onProgress: ({ doneBytes, totalBytes }) => seen.push(`${doneBytes}/${totalBytes}`),
		});
		expect(seen).toEqual(['10/100', '15/150', '105/150']);
		expect(image).toEqual({ id: 'sha256:1', sizeBytes: 5, labels: {}, repoDigests: [] });
	});

	it.each([
		[
			'an error in the stream',
			['{"status":"x"}', '{"error":"toomanyrequests","errorDetail":{}}'],
			'toomanyrequests',
		],
		['a line that is not JSON', ['<html>'], 'not JSON'],
		['a line that is no object', ['7'], 'no object'],
	])('fails on %s', async (_what, lines, message) => {
		stream(lines);
		await expect(pullImage(docker, 'postgres:17')).rejects.toMatchObject({
			name: 'ImageTransferError',
			message: expect.stringContaining(message),
		});
	});

	it('fails when the engine goes away in the middle', async () => {
		stream(['{"status":"Downloading","progressDetail":{"current":10,"total":100},"id":"a"}'], (response) =>
			response.destroy(),
		);
		await expect(pullImage(docker, 'postgres:17')).rejects.toMatchObject({ code: 'DOCKER_UNAVAILABLE' });
	});

	it('fails when the engine refuses at once', async () => {
		answer = (_request, response) => {
			response.writeHead(404, { 'content-type': 'application/json' });
			response.end('{"message":"pull access denied for nobody"}');
		};
		await expect(pullImage(docker, 'nobody:1')).rejects.toMatchObject({ name: 'ImageTransferError' });
	});
});

describe('buildImage', () => {
	it('reads steps and lines, without colours and control characters', async () => {
		stream([
			JSON.stringify({ stream: 'Step 1/2 : FROM x\n' }),
			JSON.stringify({ stream: '\u001b[91mwarning:\u001b[0m one\rtwo\u0007\n' }),
			JSON.stringify({ stream: '\n' }),
			JSON.stringify({ aux: { ID: 'sha256:1' } }),
			JSON.stringify({ stream: 'Step 2/2 : RUN é' }),
		]);
		const seen: BuildProgress[] = [];
		await buildImage(docker, Readable.from(['context']), {
			tag: 'sh0/test:1',
			dockerfile: 'Dockerfile',
			buildArgs: {},
			labels: {},
			networkMode: 'host',
			onProgress: (progress) => seen.push(progress),
		});
		expect(seen).toEqual([
			{ step: 1, steps: 2, line: 'Step 1/2 : FROM x' },
			{ step: 1, steps: 2, line: 'warning: one' },
			{ step: 1, steps: 2, line: 'two' },
			{ step: 2, steps: 2, line: 'Step 2/2 : RUN é' },
		]);
	});
});

describe('distributionDigest', () => {
	it('gives the digest that the registry has', async () => {
		answer = (request, response) => {
			expect(request.url).toContain('/distribution/postgres:17/json');
			response.setHeader('content-type', 'application/json');
			response.end('{"Descriptor":{"digest":"sha256:2"},"Platforms":[]}');
		};
		expect(await distributionDigest(docker, 'postgres:17', 1_000)).toBe('sha256:2');
	});

	it.each([401, 403, 404, 500])('gives nothing when Docker answers %i', async (status) => {
		answer = (_request, response) => response.writeHead(status).end('{"message":"no"}');
		expect(await distributionDigest(docker, 'postgres:17', 1_000)).toBeUndefined();
	});

	it('gives nothing when no answer comes in time', async () => {
		answer = () => {};
		const startedAt = Date.now();
		expect(await distributionDigest(docker, 'postgres:17', 100)).toBeUndefined();
		expect(Date.now() - startedAt).toBeLessThan(2_000);
	});

	it('says that Docker is away when it is', async () => {
		const away = new DockerClient(join(folder, 'none.sock'));
		await expect(distributionDigest(away, 'postgres:17', 1_000)).rejects.toMatchObject({
			code: 'DOCKER_UNAVAILABLE',
		});
	});
});

describe('inspectImage', () => {
	it('gives nothing for an image that is not here', async () => {
		answer = (_request, response) => response.writeHead(404).end('{"message":"No such image"}');
		expect(await inspectImage(docker, 'postgres:17')).toBeUndefined();
	});
});
