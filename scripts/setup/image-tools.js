import { existsSync } from 'node:fs';
import { canInstall, install } from './apt.js';
import { dockerGet, dockerSocket } from './docker-ping.js';
import { findProgram } from './program.js';

const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';
const ANSWER_LIMIT_MS = 5_000;

/**
 * Installs debootstrap, with which base images are made, where no registry answers.
 * @param {import('./report.js').Report} report
 */
export async function ensureImageTools(report) {
	if (findProgram('debootstrap') !== undefined && existsSync(KEYRING)) return;
	if (!canInstall() || (await doesRegistryAnswer())) return;
	await report.step('Installing debootstrap (no image registry answers)', (note) =>
		install(['debootstrap', 'debian-archive-keyring'], note),
	);
}

async function doesRegistryAnswer() {
	try {
		const path = '/distribution/debian:stable-slim/json';
		return (await dockerGet(dockerSocket() ?? '', path, ANSWER_LIMIT_MS)).status === 200;
	} catch {
		return false;
	}
}
