import { expect, it, onTestFinished } from 'vitest';
import { Secret } from '../../secret';
import { answering } from '../../testing/http-server';
import { GarageClient } from './client';
import { importKey } from './keys';

const key = { id: 'GK0123456789abcdef01234567', secret: 's'.repeat(64), description: 'app' };

/** Imports a key that ends into a server that answers in this way; the calls, in order. */
async function imported(status: (call: string) => number | null): Promise<string[]> {
	const asked: string[] = [];
	const port = await answering((request, response) => {
		const call = /^\/v2\/(\w+)/.exec(request.url ?? '')?.[1] ?? '';
		asked.push(call);
		const answer = status(call);
		if (answer === null) return void response.destroy();
		response
			.writeHead(answer)
			.end(answer === 200 ? '{}' : JSON.stringify({ code: 'Refused', message: 'no' }));
	});
	const client = new GarageClient({
		...{ host: '127.0.0.1', port, version: '2', user: 'admin', password: new Secret('token') },
		ports: { s3: port, admin: port },
	});
	onTestFinished(() => client.close());
	await importKey(client, { ...key, expiresAt: new Date(Date.now() + 60_000) }).catch(() => undefined);
	return asked;
}

it('takes a key back that the server gives no end', async () => {
	expect(await imported((call) => (call === 'UpdateKey' ? 400 : 200))).toEqual([
		...['ImportKey', 'UpdateKey', 'DeleteKey'],
	]);
});

it('burns no id of a key whose server went away in between', async () => {
	expect(await imported((call) => (call === 'UpdateKey' ? null : 200))).toEqual(['ImportKey', 'UpdateKey']);
});

it('takes no key back that it has not made', async () => {
	expect(await imported(() => 409)).toEqual(['ImportKey']);
});
