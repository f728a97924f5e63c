import { request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

export const DEFAULT_SOCKET = '/var/run/docker.sock';

/** The socket that DOCKER_HOST names, or Docker's usual one; undefined for an address that is no socket. */
export function dockerSocket(host = process.env.DOCKER_HOST) {
	if (host === undefined || host === '') return DEFAULT_SOCKET;
	return host.startsWith('unix://') ? host.slice('unix://'.length) : undefined;
}

/**
 * One GET to the Docker Engine. Rejects when it does not answer within `limitMs`.
 * @param {string} socketPath
 * @param {string} path
 * @param {number} [limitMs]
 * @returns {Promise<{ status: number, body: string }>}
 */
export function dockerGet(socketPath, path, limitMs = 3_000) {
	return new Promise((resolve, reject) => {
		const call = request({ socketPath, path, signal: AbortSignal.timeout(limitMs) }, (response) => {
			let body = '';
			response.setEncoding('utf8');
			response.on('data', (chunk) => (body += chunk));
			response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
			response.on('error', reject);
		});
		call.on('error', reject);
		call.end();
	});
}

/**
 * `answers`, `forbidden` (this user may not use the socket) or `silent`.
 * @param {string} socketPath
 * @returns {Promise<'answers' | 'forbidden' | 'silent'>}
 */
export async function pingDocker(socketPath) {
	try {
		return (await dockerGet(socketPath, '/_ping')).status === 200 ? 'answers' : 'silent';
	} catch (error) {
		return error instanceof Error && 'code' in error && error.code === 'EACCES' ? 'forbidden' : 'silent';
	}
}

/**
 * Whether the engine answers within `limitMs`; gives up early when `hasFailed` says so.
 * @param {string} socketPath
 * @param {number} limitMs
 * @param {() => boolean} [hasFailed]
 */
export async function waitForDocker(socketPath, limitMs, hasFailed = () => false) {
	const endsAt = Date.now() + limitMs;
	while (Date.now() < endsAt) {
		if ((await pingDocker(socketPath)) === 'answers') return true;
		if (hasFailed()) return false;
		await sleep(200);
	}
	return false;
}
