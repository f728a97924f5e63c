import { dockerGet, dockerSocket } from '../setup/docker-ping.js';

const filters = encodeURIComponent(JSON.stringify({ label: ['sh0.instance'] }));

/**
 * Containers, volumes and networks on this Docker that belong to any sh0, by a name that a person can look up.
 * @returns {Promise<Set<string>>}
 */
export async function listOurs() {
	const containers = await list(`/containers/json?all=1&filters=${filters}`);
	const volumes = await list(`/volumes?filters=${filters}`);
	const networks = await list(`/networks?filters=${filters}`);
	return new Set([
		...containers.map(({ Names, Id }) => `container ${Names?.[0]?.slice(1) ?? Id}`),
		...volumes.map(({ Name }) => `volume ${Name}`),
		...networks.map(({ Name }) => `network ${Name}`),
	]);
}

/** @param {string} path @returns {Promise<Record<string, any>[]>} */
async function list(path) {
	const { status, body } = await dockerGet(dockerSocket() ?? '', path, 10_000);
	if (status !== 200) throw new Error(`Docker answered ${status} to ${path}`);
	const answer = JSON.parse(body);
	return Array.isArray(answer) ? answer : (answer.Volumes ?? []);
}
