import { expect, it, onTestFinished } from 'vitest';
import { AppError } from '../../errors';
import { Secret } from '../../secret';
import { answering } from '../../testing/http-server';
import { newKey } from '../s3-family/key-material';
import { MinioClient } from './client';
import { createKey } from './keys';
import { policyOf } from './policies';

const admin = '/minio/admin/v3/';
const policy = JSON.stringify(policyOf({ description: '', expiresAt: null, permissions: [] }));
const refusal = JSON.stringify({ Code: 'XMinioAdminNoSuchUser' });

/** A server that refuses the first `times` policies to their users; the calls that it got. */
async function refusing(times: number): Promise<{ client: MinioClient; calls: string[] }> {
	const calls: string[] = [];
	let left = times;
	const port = await answering((incoming, outgoing) => {
		const { pathname } = new URL(incoming.url ?? '', 'http://server');
		const call = pathname.slice(admin.length);
		calls.push(call);
		incoming.resume();
		const isRefused = call === 'set-user-or-group-policy' && left-- > 0;
		outgoing.writeHead(isRefused ? 404 : 200).end(isRefused ? refusal : policy);
	});
	const client = new MinioClient({
		...{ host: '127.0.0.1', port, version: '2026-02', user: 'admin', password: new Secret('a-password') },
		ports: { s3: port, admin: port },
	});
	onTestFinished(() => client.close());
	return { client, calls };
}

const key = () => ({ ...newKey(), isNewId: true, description: '', expiresAt: null, permissions: [] });
const allThere = () => Promise.resolve();

it('makes a key anew that a server has forgotten while it read its accounts', async () => {
	const { client, calls } = await refusing(1);
	await createKey(client, key(), allThere);
	expect(calls.filter((call) => call === 'add-user')).toHaveLength(2);
	expect(calls.at(-1)).toBe('set-user-or-group-policy');
});

it('gives a key up that is forgotten again, and leaves nothing of it', async () => {
	const { client, calls } = await refusing(2);
	await expect(createKey(client, key(), allThere)).rejects.toThrow('STORAGE_KEY_NOT_FOUND');
	expect(calls).toContain('remove-user');
	expect(calls).toContain('remove-canned-policy');
});

it('leaves nothing of a key whose bucket is not there, and gives it no right', async () => {
	const { client, calls } = await refusing(0);
	const missing = () => Promise.reject(new AppError('BUCKET_NOT_FOUND'));
	await expect(createKey(client, key(), missing)).rejects.toThrow('BUCKET_NOT_FOUND');
	expect(calls).toContain('remove-user');
	expect(calls).not.toContain('set-user-or-group-policy');
});
