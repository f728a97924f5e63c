import { spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, rmSync } from 'node:fs';
import { canInstall, install } from './apt.js';
import { DEFAULT_SOCKET, dockerSocket, pingDocker, waitForDocker } from './docker-ping.js';
import { SetupError } from './errors.js';
import { findProgram, run } from './program.js';

const LOG_FILE = '/var/log/sh0-dockerd.log';
const PID_FILE = '/var/run/docker.pid';
const START_LIMIT_MS = 60_000;
const INSTALL_YOURSELF =
	'sh0 needs a Docker Engine (20.10 or newer): install it for your system from https://docs.docker.com/engine/install, start it, and run this command again. As root on Debian or Ubuntu this command does both itself.';

/**
 * Sees to it that a Docker Engine answers: installs the distribution's and starts it where that is in our power. Throws a SetupError with
 * what to do where it is not.
 * @param {import('./report.js').Report} report
 */
export async function ensureDockerEngine(report) {
	const socketPath = dockerSocket();
	if (socketPath === undefined) {
		throw new SetupError('DOCKER_HOST must be a Unix socket, such as unix:///var/run/docker.sock.');
	}
	const state = await pingDocker(socketPath);
	if (state === 'answers') return;
	if (state === 'forbidden') {
		throw new SetupError(
			`This user may not use ${socketPath}: run as root, or add the user to the group docker and log in again.`,
		);
	}
	if (socketPath !== DEFAULT_SOCKET) {
		throw new SetupError(
			`No Docker Engine answers at DOCKER_HOST, unix://${socketPath}: start it, or unset DOCKER_HOST.`,
		);
	}
	if (findProgram('dockerd') === undefined) {
		if (!canInstall()) throw new SetupError(INSTALL_YOURSELF);
		await report.step('Installing the Docker Engine', (note) => install(packages(), note));
	}
	if (process.getuid?.() !== 0) {
		throw new SetupError(
			'The Docker Engine is installed but does not run: start it as root, and run this command again.',
		);
	}
	await report.step('Starting the Docker Engine', () => start(socketPath));
}

function packages() {
	const names = ['docker.io', 'iptables', 'ca-certificates'];
	// A kernel with AppArmor starts no container until it has the tool that loads Docker's profile.
	if (readText('/sys/module/apparmor/parameters/enabled').startsWith('Y')) names.push('apparmor');
	return names;
}

/** @param {string} socketPath */
async function start(socketPath) {
	// The package's own script may have started it a moment ago; two engines would be in each other's way.
	if (await waitForDocker(socketPath, isEngineRunning() ? 15_000 : 1_000)) return;
	if (existsSync('/run/systemd/system')) {
		await run('systemctl', ['start', 'docker'], {});
		if (await waitForDocker(socketPath, START_LIMIT_MS)) return;
		throw new SetupError('The Docker Engine does not start; see: journalctl -u docker');
	}
	await startWithoutSystemd(socketPath);
}

/** @param {string} socketPath */
async function startWithoutSystemd(socketPath) {
	await mountControlGroups();
	removeStalePid(PID_FILE, 'dockerd');
	removeStalePid('/var/run/docker/containerd/containerd.pid', 'containerd');
	const log = openSync(LOG_FILE, 'a', 0o640);
	const child = spawn(findProgram('dockerd') ?? 'dockerd', [], {
		cwd: '/',
		detached: true,
		stdio: ['ignore', log, log],
	});
	closeSync(log);
	let hasEnded = false;
	child.once('exit', () => (hasEnded = true));
	child.once('error', () => (hasEnded = true));
	const isUp = await waitForDocker(socketPath, START_LIMIT_MS, () => hasEnded && !isEngineRunning());
	child.unref();
	if (isUp) return;
	const end = readText(LOG_FILE).trim().split('\n').slice(-5).join('\n');
	throw new SetupError(`The Docker Engine does not start; the end of ${LOG_FILE}:\n${end}`);
}

async function mountControlGroups() {
	if (/ cgroup2? /.test(readText('/proc/mounts'))) return;
	await run('mount', ['-t', 'cgroup2', 'cgroup2', '/sys/fs/cgroup']);
}

/**
 * A killed engine leaves its process id behind; when another process has that number by now, a new engine would not start.
 * @param {string} file
 * @param {string} program
 */
function removeStalePid(file, program) {
	const pid = readText(file).trim();
	if (pid !== '' && !isProgram(pid, program)) rmSync(file, { force: true });
}

/** True when an engine runs, perhaps not one of ours, whether or not it answers yet. */
function isEngineRunning() {
	return isProgram(readText(PID_FILE), 'dockerd');
}

/** @param {string} pid @param {string} program */
function isProgram(pid, program) {
	return pid.trim() !== '' && readText(`/proc/${pid.trim()}/comm`).trim() === program;
}

/** @param {string} file */
function readText(file) {
	try {
		return readFileSync(file, 'utf8');
	} catch {
		return '';
	}
}
