import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { StringDecoder } from 'node:string_decoder';
import type { Db } from '../../db/client';
import type { ContainerSummary } from '../../docker';
import type { EngineDefinition } from '../../engines/engine';
import { isAppError } from '../../errors';
import { Redactor } from '../../log';
import type { Secret } from '../../secret';
import { listCells, type Vault } from '../../vault';
import type { ServiceRow } from '../repository';
import { ROOT_SECRET, ServiceSecrets } from '../secrets';
import { probe, rootLogin, serverIn } from '../server';
import { described, serviceIdOf, type Picture } from './picture';

const PROBE_LIMIT_MS = 6000;
/** Longer than any form of a secret is likely to be, so that one lying over the border of two chunks is found. */
const OVERLAP_CHARACTERS = 4096;
/** Random bytes that sh0 wrote itself, see `db/ballast.ts`. */
const NOT_SEARCHED = ['ballast'];

type Running = { service: ServiceRow; container: ContainerSummary };
type LoginDeps = { db: Db; vault: Vault; engineById: (id: string) => EngineDefinition };

/** Throws when the engine does not answer at all: then nothing is known of the password. */
async function logsIn(deps: LoginDeps, { service, container }: Running, password: Secret): Promise<boolean> {
	const engine = deps.engineById(service.engine);
	const server = serverIn(container, { engine, service, login: rootLogin(engine, password) });
	if (!server) throw new Error('its ports are not published');
	try {
		await probe(server, AbortSignal.timeout(PROBE_LIMIT_MS));
		return true;
	} catch (error) {
		if (isAppError(error, 'ENGINE_UNREACHABLE')) return false;
		throw error;
	}
}

async function loginProblems(deps: LoginDeps, running: Running): Promise<string[]> {
	const { service } = running;
	const secrets = new ServiceSecrets(deps.db, deps.vault);
	const candidates = [
		secrets.find(service.id, ROOT_SECRET, 'current'),
		secrets.find(service.id, ROOT_SECRET, 'pending'),
	].filter((secret) => secret !== null);
	try {
		const answers = await Promise.all(candidates.map((password) => logsIn(deps, running, password)));
		const working = answers.filter(Boolean).length;
		if (working === 1) return [];
		return [`${described(service)}: ${working} of ${candidates.length} stored root passwords log in, not 1.`];
	} catch (error) {
		return [
			`${described(service)} could not be asked: ${error instanceof Error ? error.message : String(error)}.`,
		];
	}
}

/** Invariant 4: of a running service's current and pending root password exactly one logs in. */
export async function checkSecretsLogIn(deps: LoginDeps, picture: Picture): Promise<string[]> {
	const running = picture.settled.flatMap((service) => {
		const container = picture.containers.find(
			(candidate) => candidate.status === 'running' && serviceIdOf(candidate) === service.id,
		);
		return container ? [{ service, container }] : [];
	});
	const problems: string[] = [];
	for (const one of running) problems.push(...(await loginProblems(deps, one)));
	return problems;
}

/**
 * Reads by a child process: when a process closes a file that SQLite has open in it, POSIX drops SQLite's locks on it, and with them
 * the panel's own.
 */
async function holdsSecret(file: string, secrets: Redactor): Promise<boolean> {
	const reader = spawn('cat', ['--', file], { stdio: ['ignore', 'pipe', 'ignore'] });
	const ended = once(reader, 'close');
	const decoder = new StringDecoder('utf8');
	let isFound = false;
	let tail = '';
	for await (const chunk of reader.stdout) {
		if (isFound || !Buffer.isBuffer(chunk)) continue;
		const text = tail + decoder.write(chunk);
		isFound = secrets.redact(text) !== text;
		tail = text.slice(-OVERLAP_CHARACTERS);
	}
	await ended;
	return isFound;
}

async function filesUnder(folder: string): Promise<string[]> {
	const entries = await readdir(folder, { withFileTypes: true, recursive: true });
	return entries
		.filter((entry) => entry.isFile() && !NOT_SEARCHED.includes(entry.name))
		.map((entry) => join(entry.parentPath, entry.name));
}

/** Invariant 7: no file of the data folder holds a secret in clear text, in any usual encoding. `extra`: secrets that no cell holds. */
export async function checkNoClearText(
	{ db, vault, dataDir }: { db: Db; vault: Vault; dataDir: string },
	extra: Secret[] = [],
): Promise<string[]> {
	const secrets = new Redactor();
	const problems: string[] = [];
	for (const { address, cell } of listCells(db)) {
		try {
			secrets.add(vault.decrypt(address, cell).reveal());
		} catch (error) {
			if (isAppError(error, 'SEALED'))
				return ['The vault is sealed, so its secrets could not be searched for.'];
			problems.push(`The secret in ${address.table}.${address.column} of ${address.row} does not open.`);
		}
	}
	for (const secret of extra) secrets.add(secret.reveal());
	for (const file of await filesUnder(dataDir)) {
		if (await holdsSecret(file, secrets)) problems.push(`${file} holds a secret in clear text.`);
	}
	return problems;
}
