import { existsSync, statfsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { MIB } from '$lib/shared/units';
import type { App } from '../app';
import { BALLAST_BYTES } from '../db/ballast';
import { assertSqliteVersion, sqliteVersion } from '../db/client';
import { isInstanceLocked } from '../db/lock';
import { dataFiles, type Env } from '../env';
import { promisedMemoryBytes } from '../services/repository';
import type { SealReason } from '../vault';

/** `advice`: what to do; null when there is nothing to do. */
export type Finding = { name: string; ok: boolean; detail: string; advice: string | null };

const OLDEST_NODE = [20, 19] as const;
const LOW_DISK_BYTES = 1024 * MIB;

const fine = (name: string, detail: string): Finding => ({ name, ok: true, detail, advice: null });
const problem = (name: string, detail: string, advice: string): Finding => ({
	name,
	ok: false,
	detail,
	advice,
});
const inMib = (bytes: number) => `${Math.round(bytes / MIB)} MiB`;

function checkNode(): Finding {
	const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
	const isNew = major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1]);
	const detail = `version ${process.versions.node}`;
	return isNew
		? fine('Node.js', detail)
		: problem('Node.js', detail, `Install Node.js ${OLDEST_NODE.join('.')} or newer.`);
}

function checkSqlite(): Finding {
	const version = sqliteVersion();
	try {
		assertSqliteVersion(version);
		return fine('SQLite', `version ${version}`);
	} catch {
		return problem('SQLite', `version ${version}`, 'Install the dependencies again: npm ci.');
	}
}

function checkDataFolder(dataDir: string): Finding {
	const name = 'Data folder';
	if (!existsSync(dataDir)) return fine(name, `${dataDir} does not exist yet; the first start makes it`);
	const mode = statSync(dataDir).mode & 0o777;
	if ((mode & 0o077) === 0) return fine(name, dataDir);
	return problem(
		name,
		`${dataDir} can be entered by other users of this machine (mode ${mode.toString(8)})`,
		`Take their rights away: chmod 700 ${dataDir}`,
	);
}

function checkDisk(dataDir: string): Finding {
	const name = 'Disk';
	const { bavail, bsize } = statfsSync(existsSync(dataDir) ? dataDir : '.');
	const freeBytes = bavail * bsize;
	const detail = `${inMib(freeBytes)} free under the data folder`;
	if (freeBytes < LOW_DISK_BYTES)
		return problem(name, detail, 'Free some space, or move the data folder to a bigger disk.');
	return fine(name, detail);
}

function checkBallast(dataDir: string): Finding {
	const name = 'Reserve for a full disk';
	if (existsSync(join(dataDir, 'ballast'))) return fine(name, `${inMib(BALLAST_BYTES)} kept`);
	return problem(
		name,
		'used up',
		'The disk was full. Free some space: the reserve is then made again by itself.',
	);
}

function checkPanel(dataDir: string): Finding {
	return fine('Panel', isInstanceLocked(dataDir) ? 'running' : 'not running');
}

/** What can be said without the database. */
export function checkMachine(env: Env): Finding[] {
	return [checkNode(), checkSqlite(), checkDataFolder(env.dataDir), checkDisk(env.dataDir)];
}

const sealAdvice: Record<SealReason, string> = {
	'key-missing':
		'Put your saved copy of master.key back into the data folder; a running panel notices it within a second.',
	'key-unreadable': 'Give the user that runs sh0 the right to read master.key.',
	'key-malformed': 'The file was damaged. Put your saved copy of master.key in its place.',
	'key-wrong':
		'This key belongs to another installation. Put the master.key that was saved with this data in its place.',
	'data-keys-missing': 'The database lacks its keys. Put a backup of the data folder back.',
};

function checkKey({ env, vault }: App): Finding[] {
	const file = dataFiles(env.dataDir).masterKey;
	const reason = vault.sealReason;
	if (reason !== null) return [problem('Secrets', `sealed: ${reason}`, sealAdvice[reason])];
	const mode = statSync(file).mode & 0o777;
	const isTight = (mode & 0o077) === 0;
	return [
		fine('Secrets', 'open'),
		isTight
			? fine('Key file', `${file} (keep a copy of it elsewhere)`)
			: problem(
					'Key file',
					`${file} has mode ${mode.toString(8)}`,
					`Keep it to its owner: chmod 400 ${file}`,
				),
	];
}

async function checkDocker({ db, docker, env }: App): Promise<Finding[]> {
	try {
		const { version, cpus, memoryBytes } = await docker.info();
		const promisedBytes = promisedMemoryBytes(db);
		const memory = `${inMib(memoryBytes)}, of which ${inMib(promisedBytes)} are promised to services`;
		return [
			fine('Docker', `version ${version}, ${cpus} processors`),
			promisedBytes <= memoryBytes
				? fine('Memory', memory)
				: problem('Memory', memory, 'Give some services less memory, or stop and remove some.'),
		];
	} catch (error) {
		const detail = `no answer on ${env.dockerSocket}: ${error instanceof Error ? error.message : String(error)}`;
		return [problem('Docker', detail, 'Start the Docker Engine, or set DOCKER_HOST to its socket.')];
	}
}

/** What can be said about an installation that has data. */
export async function checkInstallation(app: App): Promise<Finding[]> {
	const { dataDir } = app.env;
	return [checkPanel(dataDir), ...checkKey(app), checkBallast(dataDir), ...(await checkDocker(app))];
}
