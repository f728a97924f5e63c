import { createServer, request, type Server } from 'node:http';
import type { StorageTarget } from '../engines/storage';

export type RecordedServer = {
	/** The same server by other ports. */
	target: StorageTarget;
	/** What was asked for since the last time, such as `GET /photos?policy=`. */
	asked(): string[];
	close(): Promise<void>;
};

async function listen(server: Server): Promise<number> {
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	const address = server.address();
	if (typeof address !== 'object' || address === null) throw new Error('no port');
	return address.port;
}

/** Passes all requests on to a server and keeps what was asked for. */
export async function recordRequests(target: StorageTarget): Promise<RecordedServer> {
	const { host, ports } = target;
	let asked: string[] = [];
	const passTo = (port: number) =>
		createServer((incoming, outgoing) => {
			const { method = '', url: path = '', headers } = incoming;
			asked.push(`${method} ${path}`);
			const passed = request({ host, port, method, path, headers, agent: false }, (answer) => {
				outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
				answer.pipe(outgoing);
			});
			passed.on('error', () => outgoing.destroy());
			incoming.pipe(passed);
		});
	const s3 = passTo(ports.s3);
	const admin = passTo(ports.admin);
	const port = await listen(s3);
	return {
		target: { ...target, port, ports: { ...ports, s3: port, admin: await listen(admin) } },
		asked() {
			const all = asked;
			asked = [];
			return all;
		},
		async close() {
			for (const server of [s3, admin]) {
				server.closeAllConnections();
				await new Promise((resolve) => server.close(resolve));
			}
		},
	};
}
