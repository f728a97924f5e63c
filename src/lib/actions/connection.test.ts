import { beforeEach, describe, expect, it, vi } from 'vitest';

/** The server's answers, page by page, in place of the network. */
const server = vi.hoisted(() => ({
	pages: [] as { items: unknown[]; nextCursor: string | null }[],
	asked: [] as (string | undefined)[],
	revealed: [] as unknown[],
}));

vi.mock('$lib/trpc/api', () => ({
	api: {
		services: {
			connection: {
				query: () => Promise.resolve({ host: '127.0.0.1', port: 20_001, user: 'root', database: 'postgres' }),
			},
		},
		databaseUsers: {
			list: {
				query: ({ cursor }: { cursor?: string }) => {
					server.asked.push(cursor);
					return Promise.resolve(server.pages[server.asked.length - 1]);
				},
			},
		},
	},
}));
vi.mock('./databases', () => ({
	revealPassword: (which: unknown) => {
		server.revealed.push(which);
		return Promise.resolve('a password');
	},
}));

const { connectionString } = await import('./connection');

const user = (name: string, facts: { hasPassword?: boolean; level?: string } = {}) => ({
	name,
	canLogin: true,
	hasPassword: facts.hasPassword ?? true,
	access: null,
	grants: [{ database: 'shop', level: facts.level ?? 'write' }],
});

beforeEach(() => {
	server.asked.length = 0;
	server.revealed.length = 0;
});

describe('a connection string that works', () => {
	it('is of the first user with a known password and a database, on whichever page it is', async () => {
		server.pages = [
			{
				items: [user('byhand', { hasPassword: false }), user('idle', { level: 'none' })],
				nextCursor: 'idle',
			},
			{ items: [user('app'), user('later')], nextCursor: 'later' },
		];
		const { uri, user: name } = await connectionString('svc_a', 'postgres');
		expect(name).toBe('app');
		expect(uri).toContain('app:a%20password@127.0.0.1:20001/shop');
		expect(server.asked).toEqual([undefined, 'idle']);
		expect(server.revealed).toEqual([{ serviceId: 'svc_a', user: 'app' }]);
	});

	it('is of the administrator when there is no such user on any page', async () => {
		server.pages = [
			{ items: [user('byhand', { hasPassword: false })], nextCursor: 'byhand' },
			{ items: [], nextCursor: null },
		];
		expect((await connectionString('svc_a', 'postgres')).user).toBe('root');
		expect(server.revealed).toEqual([{ serviceId: 'svc_a', user: null }]);
	});
});
