import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';
import type { Db } from '../db/client';
import { AppError } from '../errors';
import { takenHostPorts } from './repository';

/** Host ports that services are published on, on 127.0.0.1. */
export const HOST_PORTS = { first: 20_000, last: 29_999 } as const;
const ATTEMPTS = 50;

/** A port that no service has and nobody listens on. Another may still take it meanwhile. Throws PORT_TAKEN when none is found. */
export async function findFreeHostPort(db: Db, isFree = canListen): Promise<number> {
	const taken = takenHostPorts(db);
	for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
		const port = randomInt(HOST_PORTS.first, HOST_PORTS.last + 1);
		if (!taken.has(port) && (await isFree(port))) return port;
	}
	throw new AppError('PORT_TAKEN', { details: { first: HOST_PORTS.first, last: HOST_PORTS.last } });
}

/** True when this process could listen on the port of 127.0.0.1 just now. */
export function canListen(port: number): Promise<boolean> {
	return new Promise((resolve) => {
		const server = createServer();
		server.once('error', () => resolve(false));
		server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)));
	});
}
