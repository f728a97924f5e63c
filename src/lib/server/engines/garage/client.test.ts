import { expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { Secret } from '../../secret';
import { answering } from '../../testing/http-server';
import { GarageClient } from './client';

/** A server that counts, answers how often it was asked, and takes its time. */
async function counting(): Promise<{ client: GarageClient; asked: () => number }> {
	let asked = 0;
	const port = await answering((_incoming, outgoing) => {
		asked += 1;
		const answer = asked;
		setTimeout(() => outgoing.end(JSON.stringify(answer)), 20);
	});
	const client = new GarageClient({
		...{ host: '127.0.0.1', port, version: '2', user: 'admin', password: new Secret('token') },
		ports: { s3: port, admin: port },
	});
	onTestFinished(() => client.close());
	return { client, asked: () => asked };
}

const answer = z.number();

it('asks once for all who want to know the same at the same time, and anew later', async () => {
	const { client, asked } = await counting();
	const get = (id: string) => client.get('GetBucketInfo', answer, { query: { id } });
	expect(await Promise.all([get('a'), get('a'), get('a')])).toEqual([1, 1, 1]);
	await get('a');
	await Promise.all([get('b'), get('c')]);
	expect(asked()).toBe(4);
});

it('gives nobody an answer from before a change', async () => {
	const { client } = await counting();
	const before = client.get('GetBucketInfo', answer);
	await client.post('UpdateBucket', answer, { body: {} });
	const after = client.get('GetBucketInfo', answer);
	expect(await before).not.toBe(await after);
});
