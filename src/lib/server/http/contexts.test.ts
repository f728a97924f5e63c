import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openTestAuth } from '../auth/testing';
import { createToken } from '../auth/tokens';
import { judgeSocket } from './contexts';
import { placeSymbol } from './door.js';

let world: ReturnType<typeof openTestAuth>;
let authorization: string;

beforeEach(async () => {
	Object.assign(globalThis, { [placeSymbol]: { origin: null, port: 80 } });
	world = openTestAuth();
	const user = await world.createUser('ada@example.org');
	const project = world.createProject('one', { [user.id]: 'owner' });
	const wanted = { userId: user.id, projectId: project.id, name: 'ci', expiresInDays: 1 };
	authorization = `Bearer ${createToken(world, { ...wanted, scopes: ['read'] }).token.reveal()}`;
});
afterEach(() => {
	Reflect.deleteProperty(globalThis, placeSymbol);
	world.remove();
});

function knock() {
	const request = new IncomingMessage(new Socket());
	Object.assign(request.headers, { host: 'localhost', authorization });
	return request;
}

/** All of what judging needs. */
const app = () => ({ auth: world.auth });

it('gives 20 places to one token, however many ask at once, and takes back what was left', async () => {
	const requests = Array.from({ length: 25 }, knock);
	const statuses = await Promise.all(requests.map((request) => judgeSocket(app(), request)));
	expect(statuses.filter((status) => status === null)).toHaveLength(20);
	expect(statuses.filter((status) => status === 429)).toHaveLength(5);
	for (const { socket } of requests) socket.destroy();
	await expect.poll(() => judgeSocket(app(), knock())).toBeNull();
});
