import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { Client } from '../../src/lib/trpc/client';
import { ms, sideBySide, type Row } from './measure';

const memoryBytes = 256 * 1024 * 1024;
const pollMs = 20;

/** Runs docker's command line; answers what it printed. Throws with its error text. */
export async function docker(...args: string[]): Promise<string> {
	const child = spawn('docker', args, { stdio: ['ignore', 'pipe', 'pipe'] });
	const output: Buffer[] = [];
	const errors: Buffer[] = [];
	child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
	child.stderr.on('data', (chunk: Buffer) => errors.push(chunk));
	const code = await new Promise<number | null>((resolve, reject) => {
		child.once('error', reject);
		child.once('close', resolve);
	});
	if (code !== 0) throw new Error(`docker ${args[0]} failed: ${Buffer.concat(errors).toString()}`);
	return Buffer.concat(output).toString().trim();
}

async function ended(sh0: Client, operationId: string): Promise<void> {
	for (;;) {
		const { status } = await sh0.operations.get.query({ operationId });
		if (status === 'succeeded') return;
		if (status !== 'running') throw new Error(`the operation ended as ${status}`);
		await sleep(pollMs);
	}
}

/** Makes a server through the API and waits until sh0 calls it ready. */
export async function createServer(sh0: Client, projectId: string, version: string): Promise<string> {
	const name = `b-${randomBytes(4).toString('hex')}b`;
	const input = { projectId, engine: 'postgres', version, name, memoryBytes };
	const { operationId, serviceId } = await sh0.services.create.mutate(input);
	await ended(sh0, operationId);
	return serviceId;
}

async function plainDockerRun(image: string, name: string): Promise<void> {
	const password = randomBytes(12).toString('hex');
	const environment = ['-e', 'POSTGRES_PASSWORD'];
	process.env.POSTGRES_PASSWORD = password;
	await docker(
		'run',
		'-d',
		'--name',
		name,
		'-m',
		String(memoryBytes),
		...environment,
		'-p',
		'127.0.0.1::5432',
		image,
	);
	const address = await docker('port', name, '5432/tcp');
	const port = Number(address.split(':').at(-1));
	for (;;) {
		const client = new pg.Client({ host: '127.0.0.1', port, user: 'postgres', password });
		client.on('error', () => {});
		try {
			await client.connect();
			await client.end();
			return;
		} catch {
			await sleep(pollMs);
		}
	}
}

/** Create-to-ready against `docker run` of the same image plus waiting for the first login. */
export async function createToReady(
	sh0: Client,
	target: { projectId: string; version: string; image: string },
	rounds: number,
): Promise<Row> {
	const names: string[] = [];
	const { oursMs, theirsMs } = await sideBySide(
		rounds,
		() => createServer(sh0, target.projectId, target.version),
		(round) => {
			const name = `sh0-bench-${process.pid}-${round}`;
			names.push(name);
			return plainDockerRun(target.image, name);
		},
	);
	for (const name of names) await docker('rm', '-f', '-v', name);
	return {
		what: `create PostgreSQL ${target.version} until ready`,
		...{ ours: ms(oursMs), raw: `${ms(theirsMs)} (docker run)` },
		...{ ratio: `${(oursMs / theirsMs).toFixed(2)} x`, goal: '<= 1.15 x' },
	};
}

/** Database, user and grant through the API against the same three statements by `docker exec psql`. */
export async function databaseUserGrant(
	sh0: Client,
	serviceId: string,
	container: string,
	rounds: number,
): Promise<Row> {
	const { oursMs, theirsMs } = await sideBySide(
		rounds,
		async (round) => {
			await sh0.databases.create.mutate({ serviceId, name: `ours_${round}` });
			const grants = [{ database: `ours_${round}`, level: 'write' as const }];
			await sh0.databaseUsers.create.mutate({ serviceId, name: `our_user_${round}`, grants });
		},
		async (round) => {
			const statements = [
				`CREATE DATABASE theirs_${round}`,
				`CREATE ROLE their_user_${round} LOGIN`,
				`GRANT CONNECT ON DATABASE theirs_${round} TO their_user_${round}`,
			];
			for (const statement of statements)
				await docker('exec', container, 'psql', '-U', 'postgres', '-c', statement);
		},
	);
	return {
		what: 'database + user + grant',
		...{ ours: ms(oursMs), raw: `${ms(theirsMs)} (docker exec psql x3)` },
		...{ ratio: `${(theirsMs / oursMs).toFixed(1)} x faster`, goal: '' },
	};
}
