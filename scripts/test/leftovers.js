import { dockerGet, dockerSocket } from '../setup/docker-ping.js';

const filters = encodeURIComponent(JSON.stringify({ label: ['sh0.instance'] }));
const unused = encodeURIComponent(JSON.stringify({ dangling: ['true'] }));

/** How Docker calls a volume that it made for a folder of an image: it carries nobody's label. */
const anonymous = /^[0-9a-f]{64}$/;

/**
 * Containers, volumes and networks on this Docker that belong to any sh0, by a name that a person can look up; and the volumes without a
 * name that no container has any more, whoever made them.
 * @returns {Promise<Set<string>>}
 */
export async function listOurs() {
	const containers = await list(`/containers/json?all=1&filters=${filters}`);
	const volumes = await list(`/volumes?filters=${filters}`);
	const networks = await list(`/networks?filters=${filters}`);
	const nameless = (await list(`/volumes?filters=${unused}`)).filter(({ Name }) => anonymous.test(Name));
	return new Set([
		...containers.map(({ Names, Id }) => `container ${Names?.[0]?.slice(1) ?? Id}`),
		...volumes.map(({ Name }) => `volume ${Name}`),
		...networks.map(({ Name }) => `network ${Name}`),
		...nameless.map(({ Name, CreatedAt }) => `nameless volume ${Name}, made at ${CreatedAt}`),
	]);
}

/** @param {string} path @returns {Promise<Record<string, any>[]>} */
async function list(path) {
	const { status, body } = await dockerGet(dockerSocket() ?? '', path, 10_000);
	if (status !== 200) throw new Error(`Docker answered ${status} to ${path}`);
	const answer = JSON.parse(body);
	return Array.isArray(answer) ? answer : (answer.Volumes ?? []);
}
